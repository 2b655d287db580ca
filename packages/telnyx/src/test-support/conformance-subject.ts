import { createPhone } from '@phone-agents/core';
import type { CreateProviderSubject } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import type { CarrierFaults, TelnyxCarrierOptions } from '@phone-agents/simulator';
import { createTelnyxCarrier } from '@phone-agents/simulator';
import { createTelnyxProvider } from '../telnyx-provider.ts';
import type { TelnyxProviderSettings } from '../telnyx-settings.ts';

const STATUS_FAULTS: Readonly<Record<string, CarrierFaults>> = {
  lost: { lostStatusCallbacks: 1 },
  doubled: { doubledStatusCallbacks: 1 },
  reordered: { reorderedStatusCallbacks: 1 },
};

/** A phone on Telnyx with these settings, the simulated Telnyx on such a line, and a server between them. */
export function telnyxSubject(
  settings: TelnyxProviderSettings = {},
  line: TelnyxCarrierOptions = {},
): CreateProviderSubject {
  return async (request) => {
    const carrier = await createTelnyxCarrier({
      ...line,
      sayCharactersPerSecond: 200,
      faults: {
        ...(request.repeatsReports ? { retriedWebhooks: 1, webhookRetryAfterMs: 100 } : {}),
        ...(request.losesDialReplies ? { lostDialAnswers: 1 } : {}),
        ...STATUS_FAULTS[request.statusReports],
      },
    });
    const { environment } = carrier;
    const provider = createTelnyxProvider({
      environment,
      callsPerSecond: 100,
      ...(request.losesDialReplies ? { requestTimeoutMs: 1_000 } : {}),
      ...settings,
    });
    // The SDK takes its time to load, which is not the cases'.
    await provider.prepare?.();
    const phone = createPhone({ ...request.phone, provider });
    const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
    phone.usePublicUrl(`http://127.0.0.1:${server.port}`);
    carrier.configureNumber({ webhookUrl: `http://127.0.0.1:${server.port}` });
    return {
      carrier,
      phone,
      close: async () => {
        await carrier.close();
        await phone.close();
        await server.close();
      },
    };
  };
}
