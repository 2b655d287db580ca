import { setTimeout } from 'node:timers/promises';
import { createPhone } from '@phone-agents/core';
import type { CreateProviderSubject } from '@phone-agents/core/testing';
import { providerConformanceCases } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import { createAcmeProvider } from './acme-provider.ts';
import { AcmeCarrier } from './test-support/acme-carrier.ts';
import { forgetUnfinished, reachedUnfinished } from './unfinished.ts';

/** A phone on Acme, a stand-in of Acme, and a server between them. */
const createSubject: CreateProviderSubject = async (request) => {
  const carrier = await AcmeCarrier.start({ repeatsReports: request.repeatsReports });
  const provider = createAcmeProvider({ environment: carrier.environment });
  const phone = createPhone({ ...request.phone, provider });
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  carrier.webhookUrl = `${server.url}/acme/call`;
  return {
    carrier,
    phone,
    passTime: async (durationMs) => {
      await setTimeout(durationMs);
      // What would be waited for in vain then.
      const missing = reachedUnfinished();
      if (missing) throw missing;
    },
    close: async () => {
      await carrier.close();
      await phone.close();
      await server.close();
    },
  };
};

// Whether a call goes on whose media socket was lost; see ProviderTraits.
for (const { name, run } of providerConformanceCases(createSubject, { restoresMedia: true })) {
  test(name, async () => {
    forgetUnfinished();
    try {
      await run();
    } catch (error) {
      // What is missing says more than what followed from it.
      throw reachedUnfinished() ?? error;
    }
  });
}
