import { randomBytes } from 'node:crypto';
import { ConfigurationError, type Clock } from '@phone-agents/core';
import type { SimulatedPhone } from '@phone-agents/core/testing';
import { ControlEndpoint } from '../control/control-endpoint.ts';
import { Exchange, inventedNumber } from '../exchange.ts';
import type { DialOutcome } from '../dial-outcome.ts';
import type { CarrierFaults } from '../faults.ts';
import type { LocalCarrier } from '../local-carrier.ts';
import { callResource } from './call-resource.ts';
import type { StatusCallbackEvent } from './call-requests.ts';
import { TwilioRestApi, type RestRefusal, type RestRequestRecord } from './rest-api.ts';
import { Conferences } from './conference.ts';
import type { CreateCallRequest } from './create-call.ts';
import { ServerAddress, type TwilioNumberSettings } from './server-address.ts';
import { TwilioCall, type TwilioCallPlan } from './twilio-call.ts';
import { TwilioProblem } from './twilio-problem.ts';
import type { TwilioCallOptions, TwilioSimulatedCall } from './twilio-simulated-call.ts';
import { WebhookClient } from './webhook-client.ts';

const TOO_MANY_REQUESTS: RestRefusal = { status: 429, code: 20429, message: 'Too Many Requests' };

/** Settings of {@link createTwilioCarrier}; all have defaults. */
export interface TwilioCarrierOptions extends Partial<TwilioNumberSettings> {
  /** Default: random, fresh for every carrier. `AC` and 32 hex digits. */
  readonly accountSid?: string | undefined;
  /** Default: random, fresh for every carrier. */
  readonly authToken?: string | undefined;
  /** Port of the REST stand-in on 127.0.0.1; default any free one. */
  readonly port?: number | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Number that is called by default; default `+15005550006`. */
  readonly to?: string | undefined;
  /** Number that calls by default; default a new invented one for each call. */
  readonly from?: string | undefined;
  /** Which status callbacks the number is subscribed to; default `['completed']`, as Twilio's are. */
  readonly statusCallbacks?: readonly StatusCallbackEvent[] | undefined;
  /** How it misbehaves; default not at all. */
  readonly faults?: CarrierFaults | undefined;
  /** What faults depend on; default 1. */
  readonly seed?: number | undefined;
  /** Keep both directions of each call for `recording()`; default true. 32 kB a second and call. */
  readonly record?: boolean | undefined;
  /** How fast the carrier's voice reads, where nobody renders its words; default 15. */
  readonly sayCharactersPerSecond?: number | undefined;
  /** Renders what the carrier says, as 16-bit samples at 8 kHz; default a quiet hum of fitting length. */
  readonly renderAnnouncement?: ((text: string) => Int16Array | Promise<Int16Array>) | undefined;
  /** How the phone at a number answers when a call is forwarded to it; default: it takes the call. */
  readonly dialOutcome?: ((number: string) => DialOutcome) | undefined;
  /** Told when a listener of yours threw; default: the error becomes an uncaught exception. */
  readonly onListenerError?: ((error: unknown) => void) | undefined;
}

/** A stand-in of Twilio on this machine. Made by {@link createTwilioCarrier}. */
export interface TwilioCarrier extends LocalCarrier {
  readonly provider: 'twilio';
  readonly accountSid: string;
  readonly authToken: string;
  /** Where its REST interface is, `http://127.0.0.1:<port>`: the server's `TWILIO_API_BASE_URL`. */
  readonly apiBaseUrl: string;
  /** Calls that have not ended. */
  readonly activeCalls: readonly TwilioSimulatedCall[];
  /** Calls that the server has placed by REST, oldest first. */
  readonly dialled: readonly TwilioSimulatedCall[];
  /** All requests to the REST interface, in order. */
  readonly restRequests: readonly RestRequestRecord[];
  /**
   * Says where calls go, as the number's page in Twilio's console does; for servers that start after
   * the carrier. Calls that are under way keep what they began with.
   *
   * @throws ConfigurationError where an address cannot be used.
   */
  configureNumber(settings: TwilioNumberSettings): void;
  /**
   * Places a call. Resolves at once, while it rings.
   *
   * @throws ConfigurationError while no `webhookUrl` is known.
   */
  placeCall(options?: TwilioCallOptions): Promise<TwilioSimulatedCall>;
  /** How the phone at a number behaves when the server calls it; until told, a person answers. */
  setPhone(number: string, phone: SimulatedPhone): void;
  /** Refuses the next REST requests with 429 / 20429, or with what `refusal` says. */
  refuseRestRequests(count: number, refusal?: RestRefusal): void;
  /** Ends all calls at once and lets go of all sockets, timers and servers. Repeatable. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in of Twilio for tests, demos and load: it sends signed webhooks, follows the TwiML,
 * opens the media socket and plays in real time what the server sends, and takes REST requests.
 *
 * ```ts
 * const carrier = await createTwilioCarrier({ webhookUrl: 'http://127.0.0.1:8000' });
 * const call = await carrier.placeCall();
 * if (await call.connected) await call.speak(samples);
 * call.hangUp();
 * await carrier.close();
 * ```
 *
 * @throws ConfigurationError where an address cannot be used.
 * @throws RangeError where a fault's probability or duration cannot be.
 */
export async function createTwilioCarrier(
  options: TwilioCarrierOptions = {},
): Promise<TwilioCarrier> {
  const carrier = new Carrier(options);
  await carrier.listen(options.port ?? 0);
  return carrier;
}

class Carrier implements TwilioCarrier {
  readonly provider = 'twilio';
  readonly accountSid: string;
  readonly authToken: string;
  readonly to: string;
  readonly #options: TwilioCarrierOptions;
  readonly #exchange: Exchange<TwilioCall>;
  readonly #client: WebhookClient;
  readonly #rest: TwilioRestApi;
  readonly #conferences = new Conferences();
  #address: ServerAddress | undefined;

  constructor(options: TwilioCarrierOptions) {
    this.#options = options;
    const exchange = new Exchange<TwilioCall>({
      ...options,
      resource: (call) => this.#resource(call),
    });
    this.#exchange = exchange;
    this.accountSid = options.accountSid ?? `AC${hex()}`;
    this.authToken = options.authToken ?? hex();
    this.to = options.to ?? '+15005550006';
    this.#client = new WebhookClient(this.authToken, exchange.clock);
    this.#rest = new TwilioRestApi(this.accountSid, this.authToken, {
      create: (request) => this.#dial(request),
      list: () => exchange.resources,
      losesDialAnswer: () => exchange.losesDialAnswer(),
      live: (callSid) => exchange.live(callSid),
      resource: (callSid) => exchange.resource(callSid),
    });
    const { webhookUrl } = options;
    if (webhookUrl !== undefined) this.configureNumber({ ...options, webhookUrl });
  }

  get controlUrl(): string {
    return this.apiBaseUrl;
  }

  get apiBaseUrl(): string {
    return this.#exchange.baseUrl;
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      TWILIO_ACCOUNT_SID: this.accountSid,
      TWILIO_AUTH_TOKEN: this.authToken,
      TWILIO_PHONE_NUMBER: this.to,
      TWILIO_API_BASE_URL: this.apiBaseUrl,
    };
  }

  get activeCalls(): readonly TwilioSimulatedCall[] {
    return this.#exchange.activeCalls;
  }

  get dialled(): readonly TwilioSimulatedCall[] {
    return this.#exchange.dialled;
  }

  get restRequests(): readonly RestRequestRecord[] {
    return this.#rest.requests;
  }

  listen(port: number): Promise<void> {
    const control = new ControlEndpoint(this.provider, (call) => this.placeCall(call));
    return this.#exchange.listen(port, [this.#rest, control]);
  }

  configureNumber(settings: TwilioNumberSettings): void {
    this.#address = new ServerAddress(settings);
  }

  async placeCall(options: TwilioCallOptions = {}): Promise<TwilioSimulatedCall> {
    const address = this.#address;
    const { isClosed } = this.#exchange;
    if (!address || isClosed) {
      const problem = isClosed
        ? 'the carrier was closed; make a new one'
        : 'no server is known; give createTwilioCarrier a webhookUrl or call configureNumber()';
      throw new ConfigurationError([{ setting: 'webhookUrl', problem }]);
    }
    return this.#begin(address, {
      from: options.from ?? this.#options.from ?? inventedNumber(),
      to: options.to ?? this.to,
      fields: options.fields ?? {},
      record: options.record ?? this.#options.record ?? true,
      onProgress: options.onProgress,
    });
  }

  setPhone(number: string, phone: SimulatedPhone): void {
    this.#exchange.phones.set(number, phone);
  }

  refuseRestRequests(count: number, refusal: RestRefusal = TOO_MANY_REQUESTS): void {
    this.#rest.refuseNext(refusal, count);
  }

  async close(): Promise<void> {
    const closed = this.#exchange.close();
    this.#client.close();
    await closed;
  }

  /** The server's request to place a call. */
  #dial(request: CreateCallRequest): string {
    const phone = this.#exchange.phones.get(request.to);
    if (phone.does === 'refuse') {
      throw new TwilioProblem(21215, 'Account not authorized to call this number.');
    }
    const { instructions, statusCallback } = request;
    const named = 'url' in instructions ? instructions.url : statusCallback?.url;
    // Without a number's settings, the server is where its callbacks go.
    const address =
      this.#address ??
      new ServerAddress({ webhookUrl: new URL(named ?? 'http://127.0.0.1').origin });
    const call = this.#begin(address, {
      from: request.from,
      to: request.to,
      fields: {},
      outbound: { request, phone },
      record: this.#options.record ?? true,
      onProgress: undefined,
    });
    this.#exchange.dialled.push(call);
    return call.providerCallId;
  }

  #begin(address: ServerAddress, plan: Omit<TwilioCallPlan, 'callSid' | 'seed'>): TwilioCall {
    const { statusCallbacks, faults, sayCharactersPerSecond } = this.#options;
    const { renderAnnouncement, dialOutcome } = this.#options;
    const call = new TwilioCall(
      {
        clock: this.#exchange.clock,
        ticker: this.#exchange.ticker,
        client: this.#client,
        authToken: this.authToken,
        accountSid: this.accountSid,
        address,
        faults: faults ?? {},
        statusCallbacks: statusCallbacks ?? ['completed'],
        sayCharactersPerSecond: sayCharactersPerSecond ?? 15,
        renderAnnouncement,
        dialOutcome: dialOutcome ?? (() => ({ status: 'completed' })),
        conferences: this.#conferences,
        recordingsUrl: `${this.apiBaseUrl}/2010-04-01/Accounts/${this.accountSid}/Recordings`,
        onListenerError: this.#exchange.onListenerError,
        onEnded: (ended) => this.#exchange.ended(ended),
      },
      { ...plan, callSid: `CA${hex()}`, seed: this.#exchange.nextSeed() },
    );
    this.#exchange.add(call);
    call.begin();
    return call;
  }

  #resource(call: TwilioCall): Readonly<Record<string, unknown>> {
    const { placedMs, endedMs } = call.times;
    const { clock } = this.#exchange;
    const toWallTime = (ms: number): number => clock.wallTimeMs() - (clock.now() - ms);
    return callResource({
      accountSid: this.accountSid,
      callSid: call.providerCallId,
      from: call.from,
      to: call.to,
      status: call.status,
      direction: call.direction,
      answeredBy: call.answeredBy,
      startWallTimeMs: toWallTime(placedMs),
      endWallTimeMs: endedMs === undefined ? undefined : toWallTime(endedMs),
      durationSeconds: call.durationSeconds,
    });
  }
}

function hex(): string {
  return randomBytes(16).toString('hex');
}
