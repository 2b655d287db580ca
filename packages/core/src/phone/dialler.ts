import type { CallRegistry } from '../calls/call-registry.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import { delay } from '../clock/clock.ts';
import { PhoneAgentError, ProviderRequestError } from '../errors.ts';
import type { DialRequest, ProviderHost } from '../provider/telephony-provider.ts';
import { applyProgress, isFinal, lookUpInTime } from './call-progress.ts';
import type { CallSession } from './call-session.ts';
import type { DialOptions } from './dial-options.ts';
import { DialQueue } from './dial-queue.ts';
import type { PhoneSettings } from './phone-options.ts';

export const DEFAULT_RING_MS = 30_000;
/** The provider's own limit is our backstop: it comes so much later than ours. */
const DURATION_GRACE_MS = 10_000;
/** How many calls are remembered that ended before their provider's id was known. */
const MAX_STRAYS = 1_000;

const MACHINE_DETECTION = {
  continue: 'detect',
  'hang-up': 'detect',
  'leave-message': 'greeting-end',
} as const;

/** Places calls at the provider: once each, in their turn, and never leaves one ringing that nobody owns. */
export class Dialler {
  readonly #settings: PhoneSettings;
  readonly #host: ProviderHost;
  readonly #calls: CallRegistry;
  readonly #queue: DialQueue;
  /** Calls that were, or may have been, placed and whose provider's id is unknown; ended ones too. */
  readonly #unbound = new Map<string, PhoneCall>();

  constructor(settings: PhoneSettings, host: ProviderHost, calls: CallRegistry) {
    this.#settings = settings;
    this.#host = host;
    this.#calls = calls;
    this.#queue = new DialQueue(settings.clock, settings.provider.callsPerSecond ?? 1);
  }

  /** Places the session's call. Never rejects: what goes wrong ends the call. */
  async place(session: CallSession, options: DialOptions): Promise<void> {
    const { call } = session;
    await this.#queue.turn(call.signal);
    if (call.endInfo) return;
    const ringTimeoutMs = options.timeoutMs ?? DEFAULT_RING_MS;
    try {
      if (this.#settings.outbound.isStopped?.() === true) {
        void call.end('limit-reached', { providerCause: 'stopped' });
        return;
      }
      const request = await this.#request(session, options, ringTimeoutMs);
      if (call.endInfo) return;
      this.#remember(call);
      session.placing();
      await this.#dial(session, request);
      await this.#watch(call, ringTimeoutMs);
    } catch (error) {
      void call.end('internal-error', { error });
    }
  }

  /** The provider's id of a call has become known, from whichever report. */
  async adopt(call: PhoneCall, providerCallId: string): Promise<void> {
    this.#unbound.delete(call.id);
    if (call.providerCallId !== undefined) return;
    await this.#calls.bindProviderCall(call, providerCallId);
    // It ended while it was being placed: nobody else can hang it up.
    if (call.endInfo) await this.#hangUp(call);
  }

  /** The call with our id whose provider's id is unknown, even if it has ended. */
  findUnbound(callId: string): PhoneCall | undefined {
    return this.#unbound.get(callId);
  }

  async #request(
    session: CallSession,
    options: DialOptions,
    ringTimeoutMs: number,
  ): Promise<DialRequest> {
    const { maxDurationMs } = session;
    return {
      call: session.call,
      mediaUrl: await session.dialledMediaUrl(ringTimeoutMs),
      ringTimeoutMs,
      maxDurationMs: maxDurationMs === undefined ? undefined : maxDurationMs + DURATION_GRACE_MS,
      machineDetection:
        options.onMachine === undefined ? 'off' : MACHINE_DETECTION[options.onMachine],
      record: options.recording ?? false,
    };
  }

  async #dial(session: CallSession, request: DialRequest): Promise<void> {
    const { call } = session;
    const { logger, onError, provider } = this.#settings;
    try {
      const { providerCallId } = await provider.dial!(request, this.#host);
      await this.adopt(call, providerCallId);
    } catch (error) {
      if (isRefusal(error)) {
        this.#unbound.delete(call.id);
        session.notPlaced();
        const providerCause =
          error instanceof ProviderRequestError ? error.providerCode : undefined;
        void call.end('failed', { error, providerCause });
        return;
      }
      const message = 'It is unknown whether the provider has placed the call; it is not repeated';
      logger.warn({ callId: call.id, error }, message);
      onError(error);
      await delay(this.#settings.clock, this.#settings.statusGraceMs / 2, call.signal);
      await this.#find(call);
    }
  }

  /** Reports may be lost: a call that nobody answers in its time is looked up, then given up. */
  async #watch(call: PhoneCall, ringTimeoutMs: number): Promise<void> {
    const answered = new AbortController();
    const stop = call.on('call-answered', () => answered.abort());
    const overOrAnswered = AbortSignal.any([answered.signal, call.signal]);
    if (!call.wasAnswered) {
      // Providers ring a little longer than they are told to, and reports take their time.
      const { clock, statusGraceMs } = this.#settings;
      await delay(clock, ringTimeoutMs + statusGraceMs, overOrAnswered);
    }
    stop();
    if (call.endInfo || call.wasAnswered) return;
    if (call.providerCallId === undefined) await this.#find(call);
    const found = await lookUpInTime(call, this.#settings, this.#host);
    if (call.endInfo || call.wasAnswered) return;
    if (found && (found.progress === 'answered' || isFinal(found.progress))) {
      await applyProgress(call, found);
      return;
    }
    if (call.providerCallId === undefined) {
      void call.end('failed', { providerCause: 'unknown' });
      return;
    }
    void call.end('no-answer');
    await this.#hangUp(call);
  }

  async #find(call: PhoneCall): Promise<void> {
    if (call.providerCallId !== undefined) return;
    try {
      const providerCallId = await this.#settings.provider.findDialled?.(call, this.#host);
      if (providerCallId !== undefined) await this.adopt(call, providerCallId);
    } catch (error) {
      this.#settings.logger.warn({ callId: call.id, error }, 'The call could not be looked for');
    }
  }

  async #hangUp(call: PhoneCall): Promise<void> {
    try {
      await this.#settings.provider.hangUp(call, this.#host);
    } catch (error) {
      this.#settings.onError(error);
      this.#settings.logger.error(
        { callId: call.id, error },
        'A call that has ended may still ring',
      );
    }
  }

  #remember(call: PhoneCall): void {
    this.#unbound.set(call.id, call);
    if (this.#unbound.size <= MAX_STRAYS) return;
    for (const [id, { endInfo }] of this.#unbound) {
      if (!endInfo) continue;
      this.#unbound.delete(id);
      return;
    }
  }
}

/** Whether the provider certainly has not placed the call. */
function isRefusal(error: unknown): boolean {
  if (!PhoneAgentError.isInstance(error)) return false;
  if (error.code !== 'provider_request_failed') return true;
  const { status } = error as ProviderRequestError;
  return status !== undefined && status >= 400 && status < 500 && status !== 408;
}
