import type {
  CallAnswer,
  CallEndReason,
  Clock,
  ClockTimer,
  PhoneCall,
  ProviderHost,
} from '@phone-agents/core';
import { PhoneAgentError, delay, isPhoneNumber } from '@phone-agents/core';
import { forwardedLeg, stateOfForward } from './client-state.ts';
import { RecentMap } from './recent-map.ts';
import type { TelnyxRest } from './telnyx-rest.ts';
import { isGone } from './telnyx-rest.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import { resolveTelnyxSettings } from './telnyx-settings.ts';

/** A sentence that Telnyx does not report as spoken is taken for spoken after so long, */
const ANNOUNCEMENT_MS = 10_000;
/** or after as long as a slow voice needs for it. */
const ANNOUNCEMENT_MS_PER_CHARACTER = 120;

type StreamAnswer = Extract<CallAnswer, { action: 'stream' }>;

/** One leg at Telnyx, as commands need it. */
export interface TelnyxLeg {
  readonly callControlId: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * Carries out what the phone decides, in Telnyx's commands: some are taken only once a call is
 * answered, and an announcement ends with a hang-up of its own.
 *
 * What is kept here is what Telnyx has yet to report, for as long as its webhooks may come; the calls
 * themselves live in the registry.
 */
export class TelnyxCallControl {
  readonly #settings: TelnyxProviderSettings;
  readonly #rest: TelnyxRest;
  /** What to do with a call once it is answered. */
  readonly #whenAnswered = new RecentMap<() => Promise<void>>();
  /** Calls that hear a sentence and are hung up after it; the time limit, once it runs. */
  readonly #announcements = new Map<string, ClockTimer | undefined>();
  /** Calls that Telnyx has reported as hung up; webhooks come in any order. */
  readonly #over = new RecentMap<true>();
  /** Legs that were given to others: what becomes of their streams is no concern of ours. */
  readonly #handedOver = new RecentMap<true>();
  /** Who waits for such a report. */
  readonly #endAwaited = new Map<string, AbortController>();

  constructor(settings: TelnyxProviderSettings, rest: TelnyxRest) {
    this.#settings = settings;
    this.#rest = rest;
  }

  /** Whether Telnyx has reported that the call is over. */
  isOver(callControlId: string): boolean {
    return this.#over.has(callControlId);
  }

  /** A leg is given to another number or leg. */
  handOver(callControlId: string, nowMs: number): void {
    this.#handedOver.set(callControlId, true, nowMs);
  }

  /** It was not taken. */
  takeBack(callControlId: string): void {
    this.#handedOver.take(callControlId);
  }

  isHandedOver(callControlId: string): boolean {
    return this.#handedOver.has(callControlId);
  }

  /** Resolves when Telnyx reports that the call is over, but after `waitMs` in any case, with whether it has. */
  async isOverWithin(callControlId: string, waitMs: number, clock: Clock): Promise<boolean> {
    if (this.isOver(callControlId)) return true;
    const awaited = this.#endAwaited.get(callControlId) ?? new AbortController();
    this.#endAwaited.set(callControlId, awaited);
    await delay(clock, waitMs, awaited.signal);
    this.#endAwaited.delete(callControlId);
    return this.isOver(callControlId);
  }

  /**
   * Does with a ringing call what the phone has decided. A call that is to be taken, and cannot be,
   * is ended.
   *
   * @throws ProviderRequestError, ConfigurationError
   */
  async take(answer: CallAnswer, leg: TelnyxLeg, host: ProviderHost): Promise<void> {
    const { callControlId } = leg;
    if (this.isOver(callControlId)) return;
    switch (answer.action) {
      case 'stream':
        return this.#connect(answer, callControlId, host);
      case 'reject':
        return this.#rest.reject(callControlId, answer.reason);
      case 'forward':
        return this.#answerThen(callControlId, host, () => this.#forward(answer.to, leg));
      case 'announce':
        return this.#answerThen(callControlId, host, () =>
          this.announce(callControlId, answer.text, host),
        );
      case 'hang-up':
        return this.hangUp(callControlId);
    }
  }

  /** Goes on with a call that is answered and has lost its stream. @throws ProviderRequestError, ConfigurationError */
  async goOn(answer: CallAnswer, callControlId: string, host: ProviderHost): Promise<void> {
    if (this.isOver(callControlId)) return;
    if (answer.action === 'stream') await this.#stream(answer, callControlId, 'media-lost');
    else if (answer.action === 'announce') await this.announce(callControlId, answer.text, host);
    else await this.hangUp(callControlId);
  }

  /** Telnyx reports that the call is answered. */
  async answered(callControlId: string): Promise<void> {
    await this.#whenAnswered.take(callControlId)?.();
  }

  /** Telnyx reports that a sentence was spoken, or cut off. @throws ProviderRequestError, ConfigurationError */
  async spoken(callControlId: string): Promise<void> {
    if (this.#endAnnouncement(callControlId)) await this.hangUp(callControlId);
  }

  /** Telnyx reports that the call is over. @throws ProviderRequestError, ConfigurationError */
  async hungUp(leg: string, clientState: string | undefined, nowMs: number): Promise<void> {
    this.#over.set(leg, true, nowMs);
    this.#endAwaited.get(leg)?.abort();
    this.#whenAnswered.take(leg);
    this.#endAnnouncement(leg);
    // Where the other leg of a forwarded call is over, or never came about, its caller waits for nobody.
    const forwarded = forwardedLeg(clientState);
    if (forwarded !== undefined) await this.hangUp(forwarded);
  }

  /** @throws ProviderRequestError, ConfigurationError */
  async hangUp(callControlId: string): Promise<void> {
    if (!this.isOver(callControlId)) await this.#rest.hangUp(callControlId);
  }

  /**
   * Says a sentence and hangs up behind it. Resolves when Telnyx has taken the sentence; where it
   * does not take it, hangs up at once.
   *
   * @throws ProviderRequestError, ConfigurationError
   */
  async announce(callControlId: string, text: string, host: ProviderHost): Promise<void> {
    if (this.isOver(callControlId)) return;
    this.#endAnnouncement(callControlId);
    // Before the command: the report that it was spoken may be faster than its answer.
    this.#announcements.set(callControlId, undefined);
    try {
      await this.#rest.speak(callControlId, text);
    } catch (error) {
      this.#endAnnouncement(callControlId);
      if (isGone(error)) return;
      await this.#hangUpAnyhow(callControlId, host);
      throw error;
    }
    if (!this.#announcements.has(callControlId)) return;
    const timer = host.clock.setTimeout(
      () => {
        this.#announcements.delete(callControlId);
        host.logger.warn({}, 'Telnyx did not report that a sentence was spoken; hanging up');
        void this.#hangUpAnyhow(callControlId, host);
      },
      Math.max(ANNOUNCEMENT_MS, text.length * ANNOUNCEMENT_MS_PER_CHARACTER),
    );
    this.#announcements.set(callControlId, timer);
  }

  async #connect(answer: StreamAnswer, callControlId: string, host: ProviderHost): Promise<void> {
    const { call, mediaUrl } = answer;
    const { codec, requireStreamAuthHeader } = this.#settings;
    // `answer` knows neither the sampling rate nor the stream's token.
    const isSeparate = codec === 'L16' || requireStreamAuthHeader === true;
    if (isSeparate) {
      const start = (): Promise<void> => this.#stream(answer, callControlId, 'media-timeout');
      this.#whenAnswered.set(callControlId, start, host.clock.now());
    }
    try {
      await this.#rest.answer(callControlId, isSeparate ? undefined : mediaUrl);
    } catch (error) {
      this.#whenAnswered.take(callControlId);
      endCall(call, isGone(error) ? 'canceled' : 'failed', error);
      // Without an answer from Telnyx, the call may be answered all the same.
      if (!isGone(error)) await this.#hangUpAnyhow(callControlId, host);
    }
  }

  async #stream(
    { call, mediaUrl }: StreamAnswer,
    callControlId: string,
    failure: CallEndReason,
  ): Promise<void> {
    if (call.endInfo) return;
    try {
      await this.#rest.startStreaming(callControlId, mediaUrl, mediaToken(mediaUrl));
    } catch (error) {
      endCall(call, isGone(error) ? 'remote-hung-up' : failure, error);
    }
  }

  async #answerThen(
    callControlId: string,
    host: ProviderHost,
    next: () => Promise<void>,
  ): Promise<void> {
    this.#whenAnswered.set(callControlId, next, host.clock.now());
    try {
      await this.#rest.answer(callControlId);
    } catch (error) {
      this.#whenAnswered.take(callControlId);
      if (isGone(error)) return;
      await this.#hangUpAnyhow(callControlId, host);
      throw error;
    }
  }

  async #forward(to: string, { callControlId, from, to: called }: TelnyxLeg): Promise<void> {
    try {
      await this.#rest.transfer(callControlId, {
        to,
        ...shownNumbers(this.#settings, { from, to: called }),
        targetLegClientState: stateOfForward(callControlId),
      });
    } catch (error) {
      if (isGone(error)) return;
      await this.hangUp(callControlId);
      throw error;
    }
  }

  /** Hangs up where something has failed already; what fails now is logged. */
  async #hangUpAnyhow(callControlId: string, host: ProviderHost): Promise<void> {
    try {
      await this.hangUp(callControlId);
    } catch (error) {
      host.logger.error({ error }, 'Telnyx could not be told to hang up; the line may stay open');
    }
  }

  /** Whether there was one. */
  #endAnnouncement(callControlId: string): boolean {
    this.#announcements.get(callControlId)?.cancel();
    return this.#announcements.delete(callControlId);
  }
}

/** What another phone is shown for a caller: their own number, as diverted by ours, else ours. */
export function shownNumbers(
  settings: TelnyxProviderSettings,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): { readonly from?: string | undefined; readonly diversion?: string | undefined } {
  if (isPhoneNumber(from ?? '') && isPhoneNumber(to ?? '')) return { from, diversion: to };
  return { from: resolveTelnyxSettings(settings).phoneNumber };
}

/** Ends a call because of a command that failed; that a caller has gone is no error. */
function endCall(call: PhoneCall, reason: CallEndReason, error: unknown): void {
  const { providerCode, status } = error as { providerCode?: string; status?: number };
  const code = PhoneAgentError.isInstance(error) ? (providerCode ?? status) : undefined;
  void call.end(reason, {
    providerCause: code === undefined ? undefined : `error ${code}`,
    error: isGone(error) ? undefined : error,
  });
}

/** The token in the path of a media address; undefined where the address was replaced by one of another form. */
export function mediaToken(mediaUrl: string): string | undefined {
  const { pathname } = new URL(mediaUrl);
  return /\/media\/[^/]+\/([^/]+)\/?$/.exec(pathname)?.[1];
}
