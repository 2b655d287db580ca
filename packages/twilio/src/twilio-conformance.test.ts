import { createPhone } from '@phone-agents/core';
import { providerConformanceCases } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from './index.ts';

const cases = providerConformanceCases(
  async ({ phone: options, repeatsReports }) => {
    const carrier = await createTwilioCarrier({
      statusCallbacks: ['initiated', 'ringing', 'answered', 'completed'],
      faults: repeatsReports ? { retriedWebhooks: 1, webhookRetryAfterMs: 100 } : {},
    });
    const provider = createTwilioProvider({
      accountSid: carrier.accountSid,
      authToken: carrier.authToken,
      apiBaseUrl: carrier.apiBaseUrl,
    });
    const phone = createPhone({ ...options, provider });
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
  },
  { restoresMedia: true },
);
for (const { name, run } of cases) test(name, run);
