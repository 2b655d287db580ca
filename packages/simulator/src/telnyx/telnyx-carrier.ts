import { randomBytes, randomUUID } from 'node:crypto';
import type { SimulatedPhone } from '@phone-agents/core/testing';
import { ControlEndpoint } from '../control/control-endpoint.ts';
import { Exchange, inventedNumber } from '../exchange.ts';
import type { LocalCarrier } from '../local-carrier.ts';
import { NetworkRoute } from '../network-route.ts';
import { CallCommands } from './call-commands.ts';
import { readDial } from './dial-request.ts';
import { EventLog } from './event-log.ts';
import { isoTime } from './iso-time.ts';
import {
  API_PATH,
  TelnyxRestApi,
  type TelnyxRestFilter,
  type TelnyxRestRefusal,
  type TelnyxRestRequestRecord,
} from './rest-api.ts';
import { restError, type Fields, type RestAnswer } from './rest-answer.ts';
import { SetupApi } from './setup-api.ts';
import {
  createId,
  TelnyxAccount,
  type TelnyxApplication,
  type TelnyxPhoneNumber,
} from './telnyx-account.ts';
import { rateOf, TelnyxCall } from './telnyx-call.ts';
import type { TelnyxCarrierOptions } from './telnyx-carrier-options.ts';
import {
  noServerError,
  resolveNumberSettings,
  type TelnyxNumberSettings,
} from './telnyx-number-settings.ts';
import { TelnyxSigningKey } from './telnyx-signature.ts';
import type { TelnyxCallOptions, TelnyxSimulatedCall } from './telnyx-simulated-call.ts';
import { TelnyxWebhookClient, type WebhookTarget } from './webhook-client.ts';

const TOO_MANY_REQUESTS: TelnyxRestRefusal = {
  status: 429,
  code: '10011',
  detail: 'You have exceeded the maximum number of allowed requests.',
};
const DEFAULT_WEBHOOK_TIMEOUT_MS = 2_000;
const DEFAULT_RING_TIMEOUT_MS = 60_000;
const DEFAULT_REDIAL = { delayMs: 500, limit: 10 } as const;

/** A stand-in of Telnyx on this machine. Made by {@link createTelnyxCarrier}. */
export interface TelnyxCarrier extends LocalCarrier {
  readonly provider: 'telnyx';
  readonly apiKey: string;
  /** Base64 of 32 bytes: verifies its webhooks. */
  readonly publicKey: string;
  /** Id of the Call Control application that takes the calls at first. */
  readonly connectionId: string;
  /** Where its REST interface is, `http://127.0.0.1:<port>/v2`: the server's `TELNYX_API_BASE_URL`. */
  readonly apiBaseUrl: string;
  /** Calls that have not ended. */
  readonly activeCalls: readonly TelnyxSimulatedCall[];
  /** Calls that the server has placed by REST, oldest first. */
  readonly dialled: readonly TelnyxSimulatedCall[];
  /** All requests to the REST interface, in order. */
  readonly restRequests: readonly TelnyxRestRequestRecord[];
  /** Numbers of the account, with where their calls go now. */
  readonly phoneNumbers: readonly TelnyxPhoneNumber[];
  /** Call Control applications of the account, as they are now. */
  readonly applications: readonly TelnyxApplication[];
  /**
   * Says where calls go, as the application's page in the Telnyx portal does; for servers that start
   * after the carrier. Calls that are under way keep what they began with.
   *
   * @throws ConfigurationError where an address cannot be used.
   */
  configureNumber(settings: TelnyxNumberSettings): void;
  /**
   * Places a call. Resolves at once, while it rings. It goes to the application that the called number
   * leads to, also where that was changed by REST; unknown numbers lead to the first application.
   *
   * @throws ConfigurationError while no address of a server is known.
   * @throws PhoneAgentError for a codec that there is not.
   */
  placeCall(options?: TelnyxCallOptions): Promise<TelnyxSimulatedCall>;
  /** How the phone at a number behaves when the server calls it; until told, a person answers. */
  setPhone(number: string, phone: SimulatedPhone): void;
  /** Refuses the next REST requests with 429 / 10011, or with what `refusal` says. */
  refuseRestRequests(count: number, refusal?: TelnyxRestRefusal): void;
  /** Carries out the next REST requests, of all or of those that `when` picks, without ever answering them. */
  loseRestAnswers(count: number, when?: TelnyxRestFilter): void;
  /** Ends all calls at once and lets go of all sockets, timers and servers. Repeatable. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in of Telnyx for tests, demos and load: it sends signed webhooks, takes commands by
 * REST, opens the media socket and plays in real time what the server sends.
 *
 * ```ts
 * const carrier = await createTelnyxCarrier({ webhookUrl: 'http://127.0.0.1:8000' });
 * const call = await carrier.placeCall();
 * if (await call.connected) await call.speak(samples);
 * call.hangUp();
 * await carrier.close();
 * ```
 *
 * @throws ConfigurationError where an address cannot be used.
 * @throws RangeError where a fault's probability or duration, or the private key, cannot be.
 */
export async function createTelnyxCarrier(
  options: TelnyxCarrierOptions = {},
): Promise<TelnyxCarrier> {
  const carrier = new Carrier(options);
  await carrier.listen(options.port ?? 0);
  return carrier;
}

class Carrier implements TelnyxCarrier {
  readonly provider = 'telnyx';
  readonly apiKey: string;
  readonly publicKey: string;
  readonly connectionId: string;
  readonly to: string;
  readonly #options: TelnyxCarrierOptions;
  readonly #exchange: Exchange<TelnyxCall>;
  readonly #userId = randomUUID();
  readonly #client: TelnyxWebhookClient;
  readonly #account: TelnyxAccount;
  readonly #rest: TelnyxRestApi;
  readonly #eventLog = new EventLog();
  /** Commands to place a call that were given, and the calls that they placed. */
  readonly #dialCommands = new Map<string, TelnyxCall>();
  #route: NetworkRoute | undefined;

  constructor(options: TelnyxCarrierOptions) {
    this.#options = options;
    const exchange = new Exchange<TelnyxCall>({
      ...options,
      resource: (call) => this.#resource(call),
      onForgotten: (id) => commands.forget(id),
    });
    const { clock } = exchange;
    this.#exchange = exchange;
    const key = new TelnyxSigningKey(options.privateKey ?? randomBytes(32).toString('base64'));
    this.apiKey = options.apiKey ?? `KEY${randomBytes(24).toString('hex').toUpperCase()}`;
    this.publicKey = key.publicKey;
    this.connectionId = options.connectionId ?? createId();
    this.to = options.to ?? '+15005550006';
    this.#client = new TelnyxWebhookClient(key, clock);
    this.#account = new TelnyxAccount(() => isoTime(clock.wallTimeMs()));
    this.#account.createApplication(
      { application_name: 'Simulated', webhook_event_url: '', webhook_api_version: '2' },
      this.connectionId,
    );
    this.#account.addNumber(this.to, this.connectionId);
    const commands = new CallCommands(clock, exchange);
    this.#rest = new TelnyxRestApi(this.apiKey, commands, new SetupApi(this.#account), {
      active: (connectionId) =>
        exchange.activeCalls
          .filter((call) => call.connectionId === connectionId)
          .map((call) => this.#resource(call)),
      events: (filter) => this.#eventLog.list(filter),
      dial: (body) => this.#dial(body),
      losesDialAnswer: () => exchange.losesDialAnswer(),
      resource: (id) => exchange.resource(id),
    });
    const { webhookUrl } = options;
    if (webhookUrl !== undefined) this.configureNumber({ ...options, webhookUrl });
  }

  get controlUrl(): string {
    return this.#exchange.baseUrl;
  }

  get apiBaseUrl(): string {
    const { baseUrl } = this.#exchange;
    return baseUrl === '' ? '' : baseUrl + API_PATH;
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      TELNYX_API_KEY: this.apiKey,
      TELNYX_PUBLIC_KEY: this.publicKey,
      TELNYX_CALL_CONTROL_APP_ID: this.connectionId,
      TELNYX_PHONE_NUMBER: this.to,
      TELNYX_API_BASE_URL: this.apiBaseUrl,
    };
  }

  get activeCalls(): readonly TelnyxSimulatedCall[] {
    return this.#exchange.activeCalls;
  }

  get dialled(): readonly TelnyxSimulatedCall[] {
    return this.#exchange.dialled;
  }

  get restRequests(): readonly TelnyxRestRequestRecord[] {
    return this.#rest.requests;
  }

  get phoneNumbers(): readonly TelnyxPhoneNumber[] {
    return this.#account.phoneNumbers;
  }

  get applications(): readonly TelnyxApplication[] {
    return this.#account.applications;
  }

  listen(port: number): Promise<void> {
    const control = new ControlEndpoint(
      this.provider,
      (call) => this.placeCall(call),
      rateOf(this.#options.codec ?? 'PCMU'),
    );
    return this.#exchange.listen(port, [this.#rest, control]);
  }

  configureNumber(settings: TelnyxNumberSettings): void {
    const { route, webhookUrl, failoverUrl } = resolveNumberSettings(settings);
    this.#route = route;
    this.#account.updateApplication(this.connectionId, {
      webhook_event_url: webhookUrl,
      webhook_event_failover_url: failoverUrl,
    });
  }

  async placeCall(options: TelnyxCallOptions = {}): Promise<TelnyxSimulatedCall> {
    if (this.#exchange.isClosed) throw noServerError('the carrier was closed; make a new one');
    const to = options.to ?? this.to;
    const application =
      this.#account.applicationOf(to) ?? this.#account.application(this.connectionId);
    if (!application || application.webhook_event_url === '') {
      throw noServerError(
        'no server is known; give createTelnyxCarrier a webhookUrl or call configureNumber()',
      );
    }
    const route = this.#route ?? new NetworkRoute(new URL(application.webhook_event_url).origin);
    const call = new TelnyxCall(this.#contextOf(route), {
      from: options.from ?? this.#options.from ?? inventedNumber(),
      to,
      codec: options.codec ?? this.#options.codec ?? 'PCMU',
      connectionId: application.id,
      target: targetOf(application, route),
      fields: options.fields ?? {},
      seed: this.#exchange.nextSeed(),
      record: options.record ?? this.#options.record ?? true,
      onProgress: options.onProgress,
    });
    this.#exchange.add(call);
    call.begin();
    return call;
  }

  setPhone(number: string, phone: SimulatedPhone): void {
    this.#exchange.phones.set(number, phone);
  }

  refuseRestRequests(count: number, refusal: TelnyxRestRefusal = TOO_MANY_REQUESTS): void {
    this.#rest.refuseNext(refusal, count);
  }

  loseRestAnswers(count: number, when?: TelnyxRestFilter): void {
    this.#rest.loseAnswers(count, when);
  }

  async close(): Promise<void> {
    const closed = this.#exchange.close();
    this.#client.close();
    await closed;
  }

  /** The server's request to place a call. */
  #dial(body: Fields): RestAnswer {
    const read = readDial(body);
    if ('error' in read) return read.error;
    const { request } = read;
    const application = this.#account.application(request.connectionId);
    if (!application || application.webhook_event_url === '') {
      return restError(422, '10015', 'There is no such application, or it has no webhook URL.');
    }
    const before = this.#dialCommands.get(request.commandId ?? '');
    if (before) return { status: 200, body: { data: this.#resource(before) } };
    const phone = this.#exchange.phones.get(request.to);
    if (phone.does === 'refuse') {
      return restError(403, '10039', 'The account may not call this number.');
    }
    const route = this.#route ?? new NetworkRoute(new URL(application.webhook_event_url).origin);
    const call = new TelnyxCall(this.#contextOf(route), {
      from: request.from,
      to: request.to,
      codec: this.#options.codec ?? 'PCMU',
      connectionId: application.id,
      target: targetOf(application, route),
      fields: {},
      outbound: { request, phone },
      seed: this.#exchange.nextSeed(),
      record: this.#options.record ?? true,
      onProgress: undefined,
    });
    this.#exchange.add(call);
    this.#exchange.dialled.push(call);
    if (request.commandId !== undefined) this.#dialCommands.set(request.commandId, call);
    const data = { ...this.#resource(call), is_alive: false };
    return { status: 200, body: { data }, effect: () => call.begin() };
  }

  #contextOf(route: NetworkRoute) {
    const { faults, l16ByteOrder, redialMedia = true, ringTimeoutMs } = this.#options;
    const { sayCharactersPerSecond, renderAnnouncement, dialOutcome } = this.#options;
    return {
      clock: this.#exchange.clock,
      ticker: this.#exchange.ticker,
      client: this.#client,
      userId: this.#userId,
      route,
      faults: faults ?? {},
      l16ByteOrder: l16ByteOrder ?? 'little-endian',
      redial: redialMedia ? DEFAULT_REDIAL : { ...DEFAULT_REDIAL, limit: 0 },
      ringTimeoutMs: ringTimeoutMs ?? DEFAULT_RING_TIMEOUT_MS,
      sayCharactersPerSecond: sayCharactersPerSecond ?? 15,
      renderAnnouncement,
      dialOutcome: dialOutcome ?? (() => ({ status: 'completed' as const })),
      eventLog: this.#eventLog,
      onListenerError: this.#exchange.onListenerError,
      onEnded: (ended: TelnyxCall) => this.#exchange.ended(ended),
    };
  }

  #resource(call: TelnyxCall): Readonly<Record<string, unknown>> {
    const { answeredMs, endedMs } = call.times;
    const talkedMs =
      answeredMs === undefined ? 0 : (endedMs ?? this.#exchange.clock.now()) - answeredMs;
    return {
      record_type: 'call',
      call_control_id: call.providerCallId,
      call_leg_id: call.callLegId,
      call_session_id: call.callSessionId,
      client_state: call.clientState,
      is_alive: endedMs === undefined,
      start_time: call.startTime,
      call_duration: Math.round(talkedMs / 1000),
    };
  }
}

function targetOf(application: TelnyxApplication, route: NetworkRoute): WebhookTarget {
  const {
    webhook_event_url: url,
    webhook_event_failover_url: failoverUrl,
    webhook_timeout_secs: timeoutSeconds,
  } = application;
  return {
    urls: failoverUrl ? [url, failoverUrl] : [url],
    timeoutMs: timeoutSeconds ? timeoutSeconds * 1000 : DEFAULT_WEBHOOK_TIMEOUT_MS,
    toNetwork: (address) => route.toNetwork(address),
  };
}
