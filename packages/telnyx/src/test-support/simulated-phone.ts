import type { Phone, PhoneCall, PhoneOptions } from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import { TestLogger } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import type { TelnyxCarrier, TelnyxCarrierOptions } from '@phone-agents/simulator';
import { createTelnyxCarrier } from '@phone-agents/simulator';
import { createTelnyxProvider } from '../telnyx-provider.ts';
import type { TelnyxProviderSettings } from '../telnyx-settings.ts';

export interface SimulatedPhoneOptions {
  readonly answer: PhoneOptions['answer'];
  readonly phone?: Partial<PhoneOptions>;
  readonly settings?: TelnyxProviderSettings;
  readonly line?: TelnyxCarrierOptions;
}

/** A phone behind a real server, and a simulated Telnyx that calls it. */
export interface SimulatedPhone {
  readonly carrier: TelnyxCarrier;
  readonly phone: Phone;
  readonly calls: readonly PhoneCall[];
  readonly logger: TestLogger;
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}

export async function openSimulatedPhone(options: SimulatedPhoneOptions): Promise<SimulatedPhone> {
  const carrier = await createTelnyxCarrier({ sayCharactersPerSecond: 200, ...options.line });
  const logger = new TestLogger();
  const errors: unknown[] = [];
  const calls: PhoneCall[] = [];
  const phone = createPhone({
    answer: options.answer,
    logger,
    onError: (error) => errors.push(error),
    ...options.phone,
    provider: createTelnyxProvider({ environment: carrier.environment, ...options.settings }),
  });
  phone.on('call-created', ({ call }) => calls.push(call));
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1', logger });
  phone.usePublicUrl(server.url);
  carrier.configureNumber({ webhookUrl: server.url });
  return {
    carrier,
    phone,
    calls,
    logger,
    errors,
    close: async () => {
      await carrier.close();
      await phone.close();
      await server.close();
    },
  };
}
