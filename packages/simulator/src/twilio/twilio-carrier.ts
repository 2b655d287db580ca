import { randomBytes, randomInt } from 'node:crypto';
import { ConfigurationError, systemClock, type Clock } from '@phone-agents/core';
import type { SimulatedPhone } from '@phone-agents/core/testing';
import { CalledPhones } from '../called-phones.ts';
import { ControlEndpoint } from '../control/control-endpoint.ts';
import type { DialOutcome } from '../dial-outcome.ts';
import { checkFaults, type CarrierFaults } from '../faults.ts';
import { FrameTicker } from '../line/frame-ticker.ts';
import type { LocalCarrier } from '../local-carrier.ts';
import { startLocalServer, sendJson, type LocalServer } from '../local-server.ts';
import { createRandom, type Random } from '../random.ts';
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
/** Ended calls that REST still knows. */
const MAX_ENDED_CALLS = 10_000;

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
  readonly #clock: Clock;
  readonly #ticker: FrameTicker;
  readonly #client: WebhookClient;
  readonly #rest: TwilioRestApi;
  readonly #control: ControlEndpoint;
  readonly #live = new Map<string, TwilioCall>();
  /** Ended, but with callbacks to make or a socket to close. */
  readonly #unreleased = new Set<TwilioCall>();
  readonly #ended = new Map<string, Readonly<Record<string, unknown>>>();
  readonly dialled: TwilioSimulatedCall[] = [];
  readonly #phones = new CalledPhones();
  readonly #conferences = new Conferences();
  readonly #seeds: Random;
  readonly #dialFaults: Random;
  readonly #onListenerError: (error: unknown) => void;
  #address: ServerAddress | undefined;
  #server: LocalServer | undefined;
  #closed = false;

  constructor(options: TwilioCarrierOptions) {
    checkFaults(options.faults ?? {});
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.accountSid = options.accountSid ?? `AC${hex()}`;
    this.authToken = options.authToken ?? hex();
    this.to = options.to ?? '+15005550006';
    this.#seeds = createRandom(options.seed ?? 1, 'calls');
    this.#dialFaults = createRandom(options.seed ?? 1, 'dialling');
    this.#onListenerError =
      options.onListenerError ??
      ((error) => {
        queueMicrotask(() => {
          throw error;
        });
      });
    this.#ticker = new FrameTicker(this.#clock, this.#onListenerError);
    this.#client = new WebhookClient(this.authToken, this.#clock);
    this.#rest = new TwilioRestApi(this.accountSid, this.authToken, {
      create: (request) => this.#dial(request),
      list: () => this.#resources(),
      losesDialAnswer: () => this.#dialFaults.chance(options.faults?.lostDialAnswers),
      live: (callSid) => this.#live.get(callSid),
      resource: (callSid) => {
        const call = this.#live.get(callSid);
        return call ? this.#resource(call) : this.#ended.get(callSid);
      },
    });
    this.#control = new ControlEndpoint(this.provider, (call) => this.placeCall(call));
    const { webhookUrl } = options;
    if (webhookUrl !== undefined) this.configureNumber({ ...options, webhookUrl });
  }

  get controlUrl(): string {
    return this.apiBaseUrl;
  }

  get apiBaseUrl(): string {
    return this.#server?.baseUrl ?? '';
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
    return [...this.#live.values()];
  }

  get restRequests(): readonly RestRequestRecord[] {
    return this.#rest.requests;
  }

  async listen(port: number): Promise<void> {
    this.#server = await startLocalServer(port, async (request, response) => {
      const path = request.url ?? '';
      if (this.#rest.owns(path)) await this.#rest.handle(request, response);
      else if (this.#control.owns(path)) await this.#control.handle(request, response);
      else sendJson(response, 404, { message: 'There is nothing here.' });
    });
  }

  configureNumber(settings: TwilioNumberSettings): void {
    this.#address = new ServerAddress(settings);
  }

  async placeCall(options: TwilioCallOptions = {}): Promise<TwilioSimulatedCall> {
    const address = this.#address;
    if (!address || this.#closed) {
      const problem = this.#closed
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
    this.#phones.set(number, phone);
  }

  refuseRestRequests(count: number, refusal: RestRefusal = TOO_MANY_REQUESTS): void {
    this.#rest.refuseNext(refusal, count);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const calls = [...this.#live.values(), ...this.#unreleased];
    for (const call of calls) call.abandon();
    this.#ticker.stop();
    this.#client.close();
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
    await Promise.all(calls.map((call) => call.released()));
  }

  /** The server's request to place a call. */
  #dial(request: CreateCallRequest): string {
    const phone = this.#phones.get(request.to);
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
    this.dialled.push(call);
    return call.providerCallId;
  }

  #begin(address: ServerAddress, plan: Omit<TwilioCallPlan, 'callSid' | 'seed'>): TwilioCall {
    const { statusCallbacks, faults, sayCharactersPerSecond } = this.#options;
    const { renderAnnouncement, dialOutcome } = this.#options;
    const call = new TwilioCall(
      {
        clock: this.#clock,
        ticker: this.#ticker,
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
        onListenerError: this.#onListenerError,
        onEnded: (ended) => this.#callEnded(ended),
      },
      { ...plan, callSid: `CA${hex()}`, seed: this.#seeds.integer(2 ** 31) },
    );
    this.#live.set(call.providerCallId, call);
    call.begin();
    return call;
  }

  #resources(): Readonly<Record<string, unknown>>[] {
    const live = [...this.#live.values()].map((call) => this.#resource(call));
    return [...live.reverse(), ...[...this.#ended.values()].reverse()];
  }

  #callEnded(call: TwilioCall): void {
    this.#ended.set(call.providerCallId, this.#resource(call));
    this.#live.delete(call.providerCallId);
    this.#unreleased.add(call);
    void call.released().then(() => this.#unreleased.delete(call));
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MAX_ENDED_CALLS) break;
      this.#ended.delete(oldest);
    }
  }

  #resource(call: TwilioCall): Readonly<Record<string, unknown>> {
    const { placedMs, endedMs } = call.times;
    const toWallTime = (ms: number): number => this.#clock.wallTimeMs() - (this.#clock.now() - ms);
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

/** A number of the range that Twilio keeps for tests. */
function inventedNumber(): string {
  return `+1500555${String(randomInt(100, 10_000)).padStart(4, '0')}`;
}
