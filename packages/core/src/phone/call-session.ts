import type { CallRecording } from '../calls/call-control.ts';
import type { CallEnd } from '../calls/call-end.ts';
import { isFault, isGone } from '../calls/call-end.ts';
import type { CallRegistry } from '../calls/call-registry.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import { delay } from '../clock/clock.ts';
import type { EdgeCall, EdgeParticipant } from '../edge/edge.ts';
import { PhoneAgentError } from '../errors.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { CallAnswer, ProviderHost } from '../provider/telephony-provider.ts';
import type { CallTaker } from './call-connection.ts';
import { CallConnection } from './call-connection.ts';
import type { CallDecision, PhoneAnswer } from './call-decision.ts';
import type { TransferDesk } from './call-transfer.ts';
import type { DialOptions } from './dial-options.ts';
import { applyProgress, isFinal, lookUpInTime } from './call-progress.ts';
import { handleMachine } from './machine-handling.ts';
import type { PhoneSettings } from './phone-options.ts';
import { SessionControl } from './session-control.ts';

/** Time for an `answer` function; providers give up on a webhook after 15 s. */
const DECISION_TIMEOUT_MS = 10_000;
/** Time for the provider to take a hang-up, within what a disposer has. */
const HANG_UP_TIMEOUT_MS = 1_500;
/** From its ringing time on, an outbound call's media token is good for so much longer. */
const DIALLED_TOKEN_MARGIN_MS = 120_000;

export interface CallSessionOptions {
  readonly call: PhoneCall;
  readonly settings: PhoneSettings;
  readonly host: ProviderHost;
  readonly calls: CallRegistry;
  readonly answer: PhoneAnswer;
  readonly desk: TransferDesk;
  /** Told of a recording that was made here. */
  readonly onRecording: (recording: CallRecording) => void;
  /** What an outbound call is dialled with. */
  readonly dial?: DialOptions | undefined;
}

function longestCall(settings: PhoneSettings, dial: DialOptions | undefined): number | undefined {
  const { limits, outbound } = settings;
  if (!dial) return limits.maxCallDurationMs;
  const longest = outbound.maxCallDurationMs ?? limits.maxCallDurationMs;
  if (dial.maxDurationMs === undefined) return longest;
  return longest === undefined ? dial.maxDurationMs : Math.min(longest, dial.maxDurationMs);
}

/** One call as a phone conducts it: decision, preparation, answer, and the hang-up at its end. */
export class CallSession {
  readonly call: PhoneCall;
  /** Resolves when whoever takes the call is ready; rejects where that failed. */
  readonly prepared: Promise<CallTaker | undefined>;
  /** Longest call, in ms from its answer. */
  readonly maxDurationMs: number | undefined;
  readonly #settings: PhoneSettings;
  readonly #host: ProviderHost;
  readonly #connection: CallConnection;
  readonly #decision: Promise<CallDecision>;
  #answer: Promise<CallAnswer> | undefined;
  /** The provider was told to stream: from then on the call is ours to hang up. */
  #isTaken = false;
  #wasAnnounced = false;
  /** What the provider's voice says before it hangs up. */
  #lastWords: string | undefined;

  constructor(options: CallSessionOptions) {
    const { answer, call, calls, dial, host, settings } = options;
    this.call = call;
    this.#settings = settings;
    this.#host = host;
    this.maxDurationMs = longestCall(settings, dial);
    this.#connection = new CallConnection({
      call,
      settings,
      host,
      calls,
      maxDurationMs: this.maxDurationMs,
      taker: () => this.prepared,
      onFault: (error, message) => this.#fault(error, message),
      onMediaMissing: (reason) => void this.#mediaMissing(reason),
    });
    call.own((end) => this.#finish(end));
    this.#decision = this.#decide(answer);
    this.prepared = this.#prepare();
    const { connection, desk, onRecording } = { connection: this.#connection, ...options };
    call.useControl(new SessionControl({ call, connection, desk, host, onRecording, settings }));
    if (!dial) return;
    handleMachine({
      call,
      clock: settings.clock,
      message: dial.message,
      onMachine: dial.onMachine,
      prepared: this.prepared,
      endWithWords: (words) => this.#endWithWords(words),
    });
  }

  /** The call's media. */
  get connection(): CallConnection {
    return this.#connection;
  }

  /** What the provider is told; the same, however often it asks. Never rejects. */
  answer(): Promise<CallAnswer> {
    this.#answer ??= this.#decideAnswer().catch((error: unknown) => {
      this.#fault(error, 'The call could not be answered');
      void this.call.end('internal-error', { error });
      return this.finalAnswer();
    });
    return this.#answer;
  }

  /** What the provider is told that asks again: the same, until the call has ended. */
  async answerNow(): Promise<CallAnswer> {
    const answer = await this.answer();
    return answer.action === 'stream' && this.call.endInfo ? this.finalAnswer() : answer;
  }

  /** What a provider is told that asks how to go on after the call has ended. */
  finalAnswer(): CallAnswer {
    const reason = this.call.endInfo?.reason;
    return reason !== undefined && isFault(reason) && !this.#wasAnnounced
      ? { action: 'announce', text: this.#settings.apology }
      : { action: 'hang-up' };
  }

  /** The provider's stream is over while the call goes on: a new stream, at most twice. */
  async mediaEnded(): Promise<CallAnswer> {
    if (this.call.endInfo) return this.finalAnswer();
    const mediaUrl = await this.#connection.reopen();
    if (mediaUrl === undefined) return this.finalAnswer();
    return { action: 'stream', call: this.call, mediaUrl };
  }

  /** A media socket that `token` has opened. */
  openMedia(socket: MediaSocket, token: string): void {
    this.#connection.openMedia(socket, token);
  }

  /** The address for the media of an outbound call that is to ring for so long. */
  dialledMediaUrl(ringTimeoutMs: number): Promise<string> {
    return this.#connection.issueMediaUrl({ expiresInMs: ringTimeoutMs + DIALLED_TOKEN_MARGIN_MS });
  }

  /** The provider is being told to place the call: from now on it is ours to hang up. */
  placing(): void {
    this.#isTaken = true;
    this.call.on('call-answered', () => this.#connection.expectMedia());
  }

  /** The provider has refused to place the call: there is nothing to hang up. */
  notPlaced(): void {
    this.#isTaken = false;
  }

  async #decide(answer: PhoneAnswer): Promise<CallDecision> {
    const { clock } = this.#settings;
    if (typeof answer !== 'function') return answer;
    const decided = new AbortController();
    const tooLong = AbortSignal.any([decided.signal, this.call.signal]);
    try {
      return await Promise.race([
        (async () => answer(this.call))(),
        delay(clock, DECISION_TIMEOUT_MS, tooLong).then(() => {
          this.call.signal.throwIfAborted();
          throw new PhoneAgentError('answer_timeout', 'The answer function took too long.');
        }),
      ]);
    } finally {
      decided.abort();
    }
  }

  async #prepare(): Promise<CallTaker | undefined> {
    const decision = await this.#decision;
    if ('handleMedia' in decision) return { handler: decision };
    return 'join' in decision ? this.#joinInTime(decision) : undefined;
  }

  async #joinInTime(participant: EdgeParticipant): Promise<CallTaker> {
    const { clock, prepareTimeoutMs } = this.#settings;
    const joined = new AbortController();
    void delay(clock, prepareTimeoutMs, AbortSignal.any([joined.signal, this.call.signal])).then(
      () => {
        if (joined.signal.aborted) return;
        const error = new PhoneAgentError('prepare_timeout', 'The agent was not ready in time.');
        void this.call.end('prepare-failed', { error });
      },
    );
    try {
      return await this.#join(participant);
    } finally {
      joined.abort();
    }
  }

  async #join(participant: EdgeParticipant): Promise<CallTaker> {
    const { clock, edge, logger } = this.#settings;
    let edgeCall: EdgeCall;
    try {
      edgeCall = await edge.createCall({ id: this.call.id });
    } catch (error) {
      void this.call.end('edge-failed', { error });
      throw error;
    }
    this.call.own(() => edgeCall.end());
    this.call.signal.throwIfAborted();
    const session = await participant.join(edgeCall, {
      call: this.call,
      signal: this.call.signal,
      clock,
      logger,
      telemetry: this.#settings.telemetry,
    });
    this.call.own(() => session.close());
    return { edgeCall, participant: session };
  }

  async #decideAnswer(): Promise<CallAnswer> {
    let decision: CallDecision;
    try {
      decision = await this.#decision;
    } catch (error) {
      void this.call.end('prepare-failed', { error });
      return this.finalAnswer();
    }
    if ('reject' in decision) {
      void this.call.end('rejected');
      return { action: 'reject', reason: decision.reject };
    }
    if ('forwardTo' in decision) {
      void this.call.end('forwarded');
      return { action: 'forward', to: decision.forwardTo };
    }
    if ('announce' in decision) {
      void this.call.end('rejected');
      return { action: 'announce', text: decision.announce };
    }
    return this.#take();
  }

  async #take(): Promise<CallAnswer> {
    const { clock, ringUntilPreparedMs } = this.#settings;
    this.call.advance('ringing');
    const wait = new AbortController();
    const ringing = delay(
      clock,
      ringUntilPreparedMs,
      AbortSignal.any([wait.signal, this.call.signal]),
    );
    await Promise.race([this.prepared.catch(() => {}), ringing]);
    wait.abort();
    if (this.call.endInfo) return this.finalAnswer();
    const mediaUrl = await this.#connection.issueMediaUrl();
    if (this.call.endInfo) return this.finalAnswer();
    this.#isTaken = true;
    this.#connection.expectMedia();
    return { action: 'stream', call: this.call, mediaUrl };
  }

  #endWithWords(words: string): void {
    if (this.call.endInfo) return;
    this.#lastWords = words;
    void this.call.end('machine-answered');
  }

  /** A report of the call's end may have been lost: the provider's records say why there is no media. */
  async #mediaMissing(reason: 'media-timeout' | 'media-lost'): Promise<void> {
    const found = await lookUpInTime(this.call, this.#settings, this.#host);
    if (found && isFinal(found.progress)) await applyProgress(this.call, found);
    else await this.call.end(reason);
  }

  async #finish(end: CallEnd): Promise<void> {
    this.#connection.stopTimers();
    if (end.error !== undefined) this.#fault(end.error, 'The call ended with an error');
    if (this.#isTaken && !isGone(end.reason)) {
      await this.#hangUpInTime(this.#wordsAt(end));
    }
    this.#connection.close();
  }

  #wordsAt(end: CallEnd): string | undefined {
    if (this.#lastWords !== undefined) return this.#lastWords;
    const hears = this.call.direction === 'inbound' || this.call.wasAnswered;
    return isFault(end.reason) && hears ? this.#settings.apology : undefined;
  }

  async #hangUpInTime(words: string | undefined): Promise<void> {
    const { clock } = this.#settings;
    const done = new AbortController();
    const hangUp = this.#hangUp(words).finally(() => done.abort());
    await Promise.race([hangUp, delay(clock, HANG_UP_TIMEOUT_MS, done.signal)]);
  }

  async #hangUp(words: string | undefined): Promise<void> {
    const { provider } = this.#settings;
    // A call that is being placed has no id yet; it is hung up when that comes.
    if (this.call.providerCallId === undefined) return;
    try {
      if (words !== undefined) {
        await provider.announceAndHangUp(this.call, words, this.#host);
        this.#wasAnnounced = true;
      } else {
        await provider.hangUp(this.call, this.#host);
      }
    } catch (error) {
      this.#fault(error, 'The provider could not be told to hang up; its stream is closed instead');
    }
  }

  #fault(error: unknown, message: string): void {
    this.#settings.logger.error({ callId: this.call.id, error }, message);
    this.#settings.onError(error);
  }
}
