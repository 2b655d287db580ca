import type { EdgeParticipant, EdgeTransport, Phone } from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import type { PhoneServer } from '@phone-agents/express';
import { servePhone } from '@phone-agents/express';
import type { TwilioCarrier } from '@phone-agents/simulator';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';

/** A whole phone on an edge: carrier, provider and server, each over real sockets. */
export class PhoneStage {
  readonly carrier: TwilioCarrier;
  readonly phone: Phone;
  /** What the phone could not do, as it told. */
  readonly faults: unknown[];
  readonly #server: PhoneServer;

  private constructor(
    carrier: TwilioCarrier,
    phone: Phone,
    server: PhoneServer,
    faults: unknown[],
  ) {
    this.carrier = carrier;
    this.phone = phone;
    this.#server = server;
    this.faults = faults;
  }

  static async start(edge: EdgeTransport, answer: EdgeParticipant): Promise<PhoneStage> {
    const carrier = await createTwilioCarrier();
    const faults: unknown[] = [];
    const phone = createPhone({
      provider: createTwilioProvider({ environment: carrier.environment }),
      edge,
      answer,
      onError: (error) => faults.push(error),
    });
    const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
    carrier.configureNumber({ webhookUrl: server.url });
    return new PhoneStage(carrier, phone, server, faults);
  }

  async close(): Promise<void> {
    await this.phone.close();
    await this.carrier.close();
    await this.#server.close();
  }
}
