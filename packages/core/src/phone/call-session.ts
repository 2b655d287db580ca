import type { CallEnd } from '../calls/call-end.ts';
import { isFault, isGone } from '../calls/call-end.ts';
import type { CallRegistry } from '../calls/call-registry.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { PhoneBridge } from '../bridge/phone-bridge.ts';
import { attachPhoneToCall } from '../bridge/phone-bridge.ts';
import type { ClockTimer } from '../clock/clock.ts';
import { delay } from '../clock/clock.ts';
import type { EdgeCall, EdgeParticipant, EdgeParticipantSession } from '../edge/edge.ts';
import { PhoneAgentError } from '../errors.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { MediaClosed, PhoneMediaStream } from '../media/phone-media-stream.ts';
import type { CallAnswer, ProviderHost } from '../provider/telephony-provider.ts';
import type { CallDecision, MediaHandler } from './call-decision.ts';
import type { PhoneSettings } from './phone-options.ts';

/** How often a lost media stream is opened anew. */
const MAX_MEDIA_REOPENS = 2;
/** Time for an `answer` function; providers give up on a webhook after 15 s. */
const DECISION_TIMEOUT_MS = 10_000;
/** Time for the provider to take a hang-up, within what a disposer has. */
const HANG_UP_TIMEOUT_MS = 1_500;

/** One call as a phone conducts it: decision, preparation, media, bridge, and the hang-up at its end. */
export class CallSession {
  readonly call: PhoneCall;
  /** Resolves when whoever takes the call is ready; rejects where that failed. */
  readonly prepared: Promise<void>;
  readonly #settings: PhoneSettings;
  readonly #host: ProviderHost;
  readonly #calls: CallRegistry;
  readonly #decision: Promise<CallDecision>;
  #answer: Promise<CallAnswer> | undefined;
  /** The provider was told to stream: from then on the call is ours to hang up. */
  #isTaken = false;
  #wasAnnounced = false;
  #edgeCall: EdgeCall | undefined;
  #participant: EdgeParticipantSession | undefined;
  #handler: MediaHandler | undefined;
  #media: PhoneMediaStream | undefined;
  #bridge: PhoneBridge | undefined;
  #isConnecting = false;
  #reopens = 0;
  #mediaTimer: ClockTimer | undefined;
  #durationTimer: ClockTimer | undefined;

  constructor(call: PhoneCall, settings: PhoneSettings, host: ProviderHost, calls: CallRegistry) {
    this.call = call;
    this.#settings = settings;
    this.#host = host;
    this.#calls = calls;
    call.own((end) => this.#finish(end));
    this.#decision = this.#decide();
    this.prepared = this.#prepare();
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
    if (this.#handler || this.#reopens >= MAX_MEDIA_REOPENS) {
      await this.call.end('media-lost');
      return this.finalAnswer();
    }
    this.#reopens++;
    const lost = this.#media;
    this.#media = undefined;
    this.#bridge?.replaceMedia(undefined);
    lost?.close();
    this.call.advance('reconnecting');
    this.#expectMedia('media-lost', this.#settings.mediaReconnectTimeoutMs);
    return { action: 'stream', call: this.call, mediaUrl: await this.#issueMediaUrl() };
  }

  /** A media socket that `token` has opened. */
  openMedia(socket: MediaSocket, token: string): void {
    const { clock, logger, provider } = this.#settings;
    const callId = this.call.id;
    const media = provider.createMediaStream(socket, {
      clock,
      logger,
      callId,
      admit: (start) => this.#calls.admit(callId, token, start.providerCallId),
    });
    // The socket goes when the call goes, but after the hang-up, so that the provider does not ask what is next.
    if (this.call.endInfo) {
      media.close();
      return;
    }
    const disown = this.call.own((end) => {
      if (media !== this.#media || isGone(end.reason)) media.close();
    });
    media.on('digit-received', (digit) => this.call.receiveDigit(digit));
    media.started.then(
      () => {
        // Only the socket that used the token gives it back.
        void media.closed.then(() => this.#releaseToken(token));
        this.#mediaStarted(media);
      },
      () => {},
    );
    void media.closed.then((closed) => {
      disown();
      this.#mediaClosed(media, closed);
    });
  }

  #releaseToken(token: string): void {
    this.#calls
      .releaseMediaToken(this.call.id, token)
      .catch((error: unknown) => this.#fault(error, 'The call store failed'));
  }

  async #decide(): Promise<CallDecision> {
    const { answer, clock } = this.#settings;
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

  async #prepare(): Promise<void> {
    const decision = await this.#decision;
    if ('handleMedia' in decision) this.#handler = decision;
    else if ('join' in decision) await this.#joinInTime(decision);
  }

  async #joinInTime(participant: EdgeParticipant): Promise<void> {
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
      await this.#join(participant);
    } finally {
      joined.abort();
    }
  }

  async #join(participant: EdgeParticipant): Promise<void> {
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
    });
    this.call.own(() => session.close());
    this.#edgeCall = edgeCall;
    this.#participant = session;
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
    const mediaUrl = await this.#issueMediaUrl();
    if (this.call.endInfo) return this.finalAnswer();
    this.#isTaken = true;
    this.#expectMedia('media-timeout', this.#settings.mediaTimeoutMs);
    return { action: 'stream', call: this.call, mediaUrl };
  }

  async #issueMediaUrl(): Promise<string> {
    const token = await this.#calls.issueMediaToken(this.call, {
      reopenWithinMs: this.#settings.provider.mediaRedialWithinMs,
    });
    const path = `/${this.call.provider}/media/${this.call.id}/${token}`;
    return this.#settings.mediaUrl(this.call, this.#host.publicUrl.websocket(path));
  }

  #expectMedia(reason: 'media-timeout' | 'media-lost', timeoutMs: number): void {
    this.#mediaTimer?.cancel();
    this.#mediaTimer = this.#settings.clock.setTimeout(() => void this.call.end(reason), timeoutMs);
  }

  #mediaStarted(media: PhoneMediaStream): void {
    if (this.call.endInfo || media.isClosed) return;
    this.#mediaTimer?.cancel();
    const before = this.#media;
    this.#media = media;
    before?.close();
    this.call.advance('streaming');
    this.#limitDuration();
    if (this.#bridge) this.#bridge.replaceMedia(media);
    else if (!this.#isConnecting) void this.#connect(media);
  }

  async #connect(media: PhoneMediaStream): Promise<void> {
    this.#isConnecting = true;
    try {
      await this.prepared;
    } catch {
      return;
    }
    if (this.call.endInfo) return;
    try {
      if (this.#handler) await this.#handle(this.#handler, this.#media ?? media);
      else await this.#attach(this.#media ?? media);
    } catch (error) {
      this.#fault(error, 'The call could not be connected');
      void this.call.end(this.#handler ? 'agent-failed' : 'edge-failed', { error });
    }
  }

  async #handle(handler: MediaHandler, media: PhoneMediaStream): Promise<void> {
    await handler.handleMedia(media, this.call);
    await this.call.end('hung-up');
  }

  async #attach(media: PhoneMediaStream): Promise<void> {
    const { clock, logger } = this.#settings;
    const user = { id: `phone-${this.call.id.slice(0, 12)}`, name: 'Phone' };
    const bridge = await attachPhoneToCall(this.#edgeCall!, media, user, {
      clock,
      logger,
      signal: this.call.signal,
      onAttached: (attached, backlog) =>
        this.#participant?.phoneAttached?.({ userId: user.id, backlog, bridge: attached }),
    });
    this.call.own(() => bridge.close());
    if (this.call.endInfo) return;
    this.#bridge = bridge;
    // The stream may have been lost, or come back, in the meantime.
    if (this.#media !== media) bridge.replaceMedia(this.#media);
    void bridge.closed.then(({ reason, error }) => {
      if (reason === 'lost') void this.call.end('edge-failed', { error });
      else if (reason === 'call-ended') void this.call.end('hung-up');
    });
  }

  #mediaClosed(media: PhoneMediaStream, closed: MediaClosed): void {
    if (this.call.endInfo) return;
    if (closed.error?.code === 'audio_unsupported') {
      void this.call.end('audio-unsupported', { error: closed.error });
      return;
    }
    // A socket that never started, or was replaced, changes nothing.
    if (media !== this.#media) return;
    this.#media = undefined;
    this.#bridge?.replaceMedia(undefined);
    if (closed.reason === 'stopped') {
      void this.call.end('remote-hung-up');
    } else if (closed.reason === 'closed-by-us') {
      void this.call.end('hung-up');
    } else {
      this.call.advance('reconnecting');
      this.#expectMedia('media-lost', this.#settings.mediaReconnectTimeoutMs);
    }
  }

  #limitDuration(): void {
    const limitMs = this.#settings.limits.maxCallDurationMs;
    if (limitMs === undefined) return;
    this.#durationTimer ??= this.#settings.clock.setTimeout(
      () => void this.call.end('max-duration-reached'),
      limitMs,
    );
  }

  async #finish(end: CallEnd): Promise<void> {
    this.#mediaTimer?.cancel();
    this.#durationTimer?.cancel();
    if (end.error !== undefined) this.#fault(end.error, 'The call ended with an error');
    if (this.#isTaken && !isGone(end.reason)) await this.#hangUpInTime(isFault(end.reason));
    this.#media?.close();
  }

  async #hangUpInTime(withApology: boolean): Promise<void> {
    const { clock } = this.#settings;
    const done = new AbortController();
    const hangUp = this.#hangUp(withApology).finally(() => done.abort());
    await Promise.race([hangUp, delay(clock, HANG_UP_TIMEOUT_MS, done.signal)]);
  }

  async #hangUp(withApology: boolean): Promise<void> {
    const { provider, apology } = this.#settings;
    try {
      if (withApology) {
        await provider.announceAndHangUp(this.call, apology, this.#host);
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
