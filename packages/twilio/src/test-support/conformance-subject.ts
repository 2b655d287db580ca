import { createPhone } from '@phone-agents/core';
import type { CreateProviderSubject } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import { createTwilioCarrier, type CarrierFaults } from '@phone-agents/simulator';
import { createTwilioProvider } from '../index.ts';

const STATUS_FAULTS: Readonly<Record<string, CarrierFaults>> = {
  lost: { lostStatusCallbacks: 1 },
  doubled: { doubledStatusCallbacks: 1 },
  reordered: { reorderedStatusCallbacks: 1 },
};

/** A phone on Twilio, the simulated Twilio, and a server between them, in real time. */
export const createTwilioSubject: CreateProviderSubject = async (request) => {
  const carrier = await createTwilioCarrier({
    statusCallbacks: ['initiated', 'ringing', 'answered', 'completed'],
    faults: {
      ...(request.repeatsReports ? { retriedWebhooks: 1, webhookRetryAfterMs: 100 } : {}),
      ...(request.losesDialReplies ? { lostDialAnswers: 1 } : {}),
      ...STATUS_FAULTS[request.statusReports],
    },
  });
  const provider = createTwilioProvider({
    accountSid: carrier.accountSid,
    authToken: carrier.authToken,
    apiBaseUrl: carrier.apiBaseUrl,
    callsPerSecond: 100,
    ...(request.losesDialReplies ? { requestTimeoutMs: 1_000 } : {}),
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
