import { ManualClock } from '@phone-agents/core/testing';
import type { TelnyxCarrierOptions } from '../telnyx/telnyx-carrier-options.ts';
import { createTelnyxCarrier, type TelnyxCarrier } from '../telnyx/telnyx-carrier.ts';
import {
  createTwilioCarrier,
  type TwilioCarrier,
  type TwilioCarrierOptions,
} from '../twilio/twilio-carrier.ts';
import { TelnyxTestServer } from './telnyx-test-server.ts';
import { TestServer } from './test-server.ts';

interface Closing {
  close(): Promise<void>;
}

/** What a test of a simulated company has: a clock that it moves, a server, and a carrier that it opens. */
export interface CarrierStage<Server, Carrier, Options> {
  clock: ManualClock;
  server: Server;
  carrier: Carrier;
  /** Starts the carrier, with its calls going to the server. */
  open(options?: Options): Promise<Carrier>;
  /** Lets time pass until something has happened. */
  passUntil<T>(promise: Promise<T>): Promise<T>;
}

/** A stage for each test of a file, with the simulated Twilio; no timer may be left on it. */
export function twilioStage(): CarrierStage<TestServer, TwilioCarrier, TwilioCarrierOptions> {
  return carrierStage(
    () => TestServer.start(),
    ({ url }, clock, options) => createTwilioCarrier({ webhookUrl: url, clock, ...options }),
  );
}

/** A stage for each test of a file, with the simulated Telnyx; no timer may be left on it. */
export function telnyxStage(): CarrierStage<TelnyxTestServer, TelnyxCarrier, TelnyxCarrierOptions> {
  return carrierStage(
    () => TelnyxTestServer.start(),
    async (server, clock, options) => {
      const carrier = await createTelnyxCarrier({ webhookUrl: server.url, clock, ...options });
      server.carrier = carrier;
      return carrier;
    },
  );
}

function carrierStage<Server extends Closing, Carrier extends Closing, Options>(
  startServer: () => Promise<Server>,
  createCarrier: (server: Server, clock: ManualClock, options?: Options) => Promise<Carrier>,
): CarrierStage<Server, Carrier, Options> {
  const stage = {
    open: async (options?: Options) =>
      (stage.carrier = await createCarrier(stage.server, stage.clock, options)),
    passUntil: async <T>(promise: Promise<T>): Promise<T> => {
      let over = false;
      void promise.then(() => (over = true));
      while (!over) await stage.clock.advance(5);
      return promise;
    },
  } as CarrierStage<Server, Carrier, Options>;
  beforeEach(async () => {
    stage.clock = new ManualClock();
    stage.server = await startServer();
  });
  afterEach(async () => {
    await stage.carrier.close();
    await stage.server.close();
    expect(stage.clock.timerCount).toBe(0);
  });
  return stage;
}
