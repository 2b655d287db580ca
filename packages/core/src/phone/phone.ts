import { createResampler } from '../audio/resampler.ts';
import { CallRegistry } from '../calls/call-registry.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import { delay, systemClock } from '../clock/clock.ts';
import { createLocalEdge } from '../edge/local-edge.ts';
import type { ConfigurationProblem } from '../errors.ts';
import { ConfigurationError, MediaAdmissionError, PhoneAgentError } from '../errors.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import { Emitter } from '../events/emitter.ts';
import { silentLogger } from '../logging/logger.ts';
import { createRedactingLogger } from '../logging/redact.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { TelephonyProvider } from '../provider/telephony-provider.ts';
import { noTelemetry } from '../telemetry/telemetry.ts';
import { CallDesk } from './call-desk.ts';
import type { DialOptions } from './dial-options.ts';
import type { PhoneOptions, PhoneSettings } from './phone-options.ts';
import { resolvePhoneSettings } from './phone-options.ts';
import type { PhoneEvents } from './phone-events.ts';
import type { PublicUrl } from './public-url.ts';
import { parsePublicUrl } from './public-url.ts';
import type { MediaUpgradeRequest, WebhookRequest, WebhookResponse } from './webhook.ts';
import { textResponse } from './webhook.ts';

/** Permission to open one media socket, given before the upgrade. */
export interface MediaAdmission {
  readonly call: PhoneCall;
  /** Hands over the socket after the upgrade. */
  accept(socket: MediaSocket): void;
}

/** How long a phone waits for its live calls. */
export interface DrainOptions {
  /** How long live calls may go on, in ms; default 600,000. Then they are ended as `shutdown`. */
  readonly timeoutMs?: number | undefined;
}

const MEDIA_PATH = /^\/([^/]+)\/media\/([^/]+)\/([^/]+)\/?$/;

/**
 * Connects a telephony provider with an agent: the composition root, which owns the calls and their
 * lifecycle. It opens no port; `servePhone` of `@phone-agents/express` does, or your own routes with
 * {@link Phone.handleWebhook} and {@link Phone.admitMedia}.
 *
 * @example
 * const phone = createPhone({ provider: createTwilioProvider(), answer: agent, publicUrl: 'https://agent.example.com' });
 * await servePhone(phone, { port: 8000 });
 *
 * @throws RangeError for options out of range
 * @throws ConfigurationError for a `publicUrl` that is no address
 */
export function createPhone(options: PhoneOptions): Phone {
  const clock = options.clock ?? systemClock;
  const logger = createRedactingLogger(options.logger ?? silentLogger);
  const settings = resolvePhoneSettings(options, {
    clock,
    logger,
    edge: options.edge ?? createLocalEdge({ logger }),
    telemetry: options.telemetry ?? noTelemetry,
  });
  const calls = new CallRegistry({ clock, logger, store: options.store });
  const phone = new Phone(settings, calls);
  if (options.publicUrl !== undefined) phone.usePublicUrl(options.publicUrl);
  return phone;
}

/** Made by {@link createPhone}. */
export class Phone {
  /** The calls of this process. */
  readonly calls: CallRegistry;
  readonly #settings: PhoneSettings;
  readonly #desk: CallDesk;
  readonly #events: Emitter<PhoneEvents>;
  #publicUrl: PublicUrl | undefined;

  constructor(settings: PhoneSettings, calls: CallRegistry) {
    this.#settings = settings;
    this.calls = calls;
    this.#events = new Emitter((error) => settings.onError(error));
    this.#desk = new CallDesk(settings, calls, this.#events, () => this.publicUrl);
  }

  get provider(): TelephonyProvider {
    return this.#settings.provider;
  }

  /** Whether new calls are refused. */
  get isDraining(): boolean {
    return this.#desk.isDraining;
  }

  get hasPublicUrl(): boolean {
    return this.#publicUrl !== undefined;
  }

  /** @throws ConfigurationError while it is unknown. */
  get publicUrl(): PublicUrl {
    if (this.#publicUrl) return this.#publicUrl;
    throw new ConfigurationError([
      {
        setting: 'publicUrl',
        problem: 'it is missing; put the public address of this server there',
      },
    ]);
  }

  /** Sets the public address, where it is known only once the server listens. */
  usePublicUrl(url: string): void {
    this.#publicUrl = parsePublicUrl(url);
  }

  /** Everything that is missing or wrong in the settings of all parts, at once; empty when calls can be taken. */
  check(): readonly ConfigurationProblem[] {
    const problems = [
      ...this.#settings.provider.checkSettings(),
      ...this.#settings.edge.checkSettings(),
    ];
    if (!this.#publicUrl) {
      problems.push({
        setting: 'publicUrl',
        problem: 'it is missing; put the public address of this server there',
      });
    }
    return problems;
  }

  /**
   * Loads what the provider and the agent need, so that the first caller waits no longer than the
   * others. Servers call it before they take calls; an `answer` function prepares its agents itself.
   */
  async prepare(): Promise<void> {
    const { answer, provider } = this.#settings;
    // The first resampler of a process compiles its filters.
    createResampler(8000, 16000);
    const agent = 'prepare' in answer ? answer.prepare?.() : undefined;
    await Promise.all([provider.prepare?.(), agent]);
  }

  on<Name extends keyof PhoneEvents>(
    name: Name,
    listener: (event: PhoneEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  /**
   * Places a call. Resolves at once with the call, which is about to ring; `call.answered` tells what
   * became of it, `call.ended` how it ended. One request is placed once, whatever happens on the way.
   *
   * @throws DialRefusedError for a number that is none, and where a limit or a shutdown forbids it
   * @throws ConfigurationError without a number to call from, or a public address
   * @throws RangeError for options that make no sense
   */
  dial(options: DialOptions): Promise<PhoneCall> {
    return this.#desk.dial(options);
  }

  /**
   * Answers one HTTP request of the provider's, whatever web framework received it. Never rejects: a
   * request that is not the provider's gets 403, an unknown path 404, a fault of ours 500, and none of
   * these tells anything of the inside.
   */
  async handleWebhook(request: WebhookRequest): Promise<WebhookResponse> {
    const { logger, onError, provider } = this.#settings;
    if (!request.path.startsWith(`/${provider.name}/`)) return textResponse(404, 'Not found');
    try {
      return await provider.handleWebhook(request, this.#desk);
    } catch (error) {
      if (PhoneAgentError.isInstance(error) && error.code === 'webhook_rejected') {
        logger.warn({ path: request.path, reason: error.message }, 'A webhook was refused');
        return textResponse(403, 'Forbidden');
      }
      logger.error({ path: request.path, error }, 'A webhook could not be handled');
      onError(error);
      return textResponse(500, 'Internal server error');
    }
  }

  /**
   * Decides on a request to open a media socket, before the upgrade.
   *
   * @throws MediaAdmissionError with the HTTP status to answer with: 401 or 404
   */
  async admitMedia(request: MediaUpgradeRequest): Promise<MediaAdmission> {
    const { provider } = this.#settings;
    const [, name, callId, token] = MEDIA_PATH.exec(request.path) ?? [];
    if (name !== provider.name || callId === undefined || token === undefined) {
      throw new MediaAdmissionError(404, 'There is no such media address.');
    }
    provider.verifyMediaUpgrade(request, this.#desk);
    const call = await this.calls.validate(callId, token);
    return { call, accept: (socket) => this.#desk.openMedia(call, socket, token) };
  }

  /** Refuses new calls, lets live ones finish, and ends those that go on for too long. */
  async drain(options: DrainOptions = {}): Promise<void> {
    this.#desk.isDraining = true;
    const timeoutMs = options.timeoutMs ?? 600_000;
    if (timeoutMs > 0) {
      const done = new AbortController();
      const timeout = delay(this.#settings.clock, timeoutMs, done.signal);
      await Promise.race([this.#desk.idle(), timeout]);
      done.abort();
    }
    await Promise.all(this.calls.listActive().map((call) => call.end('shutdown')));
    await this.#desk.idle();
  }

  /** Ends all calls now and refuses new ones. */
  async close(): Promise<void> {
    await this.drain({ timeoutMs: 0 });
    this.#events.clear();
  }
}
