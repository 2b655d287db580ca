import { createPhone } from '@phone-agents/core';
import type { ConformanceCase } from '@phone-agents/core/testing';
import { providerConformanceCases } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import type { TelnyxCarrierOptions } from '@phone-agents/simulator';
import { createTelnyxCarrier } from '@phone-agents/simulator';
import { createTelnyxProvider } from '../telnyx-provider.ts';
import type { TelnyxProviderSettings } from '../telnyx-settings.ts';

/** The cases that every provider must pass, over real sockets: with these settings, on such a line. */
export function telnyxConformanceCases(
  settings: TelnyxProviderSettings = {},
  line: TelnyxCarrierOptions = {},
): readonly ConformanceCase[] {
  return providerConformanceCases(
    async ({ phone: options, repeatsReports }) => {
      const carrier = await createTelnyxCarrier({
        ...line,
        sayCharactersPerSecond: 200,
        faults: repeatsReports ? { retriedWebhooks: 1, webhookRetryAfterMs: 100 } : {},
      });
      const { environment } = carrier;
      const phone = createPhone({
        ...options,
        provider: createTelnyxProvider({ environment, ...settings }),
      });
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
}
