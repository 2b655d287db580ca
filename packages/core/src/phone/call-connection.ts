import type { PhoneBridge } from '../bridge/phone-bridge.ts';
import { attachPhoneToCall } from '../bridge/phone-bridge.ts';
import { isGone } from '../calls/call-end.ts';
import type { CallRegistry, MediaTokenOptions } from '../calls/call-registry.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { ClockTimer } from '../clock/clock.ts';
import type { EdgeCall, EdgeParticipantSession } from '../edge/edge.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { MediaClosed, PhoneMediaStream } from '../media/phone-media-stream.ts';
import type { LocalRecorder } from '../recording/local-recorder.ts';
import type { ProviderHost } from '../provider/telephony-provider.ts';
import type { MediaHandler } from './call-decision.ts';
import type { PhoneSettings } from './phone-options.ts';

/** How often a lost media stream is opened anew. */
const MAX_MEDIA_REOPENS = 2;

/** Who takes a call's audio, once prepared. */
export type CallTaker =
  | { readonly handler: MediaHandler }
  | { readonly edgeCall: EdgeCall; readonly participant: EdgeParticipantSession };

export interface CallConnectionOptions {
  readonly call: PhoneCall;
  readonly settings: PhoneSettings;
  readonly host: ProviderHost;
  readonly calls: CallRegistry;
  /** Longest call, in ms from its answer. */
  readonly maxDurationMs: number | undefined;
  /** Resolves with who takes the audio; rejects where that failed, and the call has ended then. */
  readonly taker: () => Promise<CallTaker | undefined>;
  readonly onFault: (error: unknown, message: string) => void;
  /** The media that was waited for has not come: ends the call. */
  readonly onMediaMissing: (reason: 'media-timeout' | 'media-lost') => void;
}

/** A call's media, from the address that the provider is given to the bridge or handler that it feeds. */
export class CallConnection {
  readonly #options: CallConnectionOptions;
  #handler: MediaHandler | undefined;
  #media: PhoneMediaStream | undefined;
  #bridge: PhoneBridge | undefined;
  #participant: EdgeParticipantSession | undefined;
  #isConnecting = false;
  /** We had the stream interrupted, so that its end is not the call's. */
  #expectsEnd = false;
  #recorder: LocalRecorder | undefined;
  #reopens = 0;
  #mediaTimer: ClockTimer | undefined;
  #durationTimer: ClockTimer | undefined;

  constructor(options: CallConnectionOptions) {
    this.#options = options;
    const { call, maxDurationMs, settings } = options;
    if (maxDurationMs === undefined) return;
    call.on('call-answered', () => {
      this.#durationTimer = settings.clock.setTimeout(
        () => void call.end('max-duration-reached'),
        maxDurationMs,
      );
    });
  }

  /** The phone in the agent's call; undefined until it has joined, and for a handler of bare audio. */
  get bridge(): PhoneBridge | undefined {
    return this.#bridge;
  }

  /** Who talks with the caller, once the phone has joined. */
  get participant(): EdgeParticipantSession | undefined {
    return this.#participant;
  }

  /** The stream that carries the call now. */
  get media(): PhoneMediaStream | undefined {
    return this.#media;
  }

  /** What records the call here, if anything does. */
  get recorder(): LocalRecorder | undefined {
    return this.#recorder;
  }

  set recorder(recorder: LocalRecorder | undefined) {
    this.#recorder = recorder;
    recorder?.useMedia(this.#media);
  }

  /** Whether a handler of bare audio has the call, which knows one stream only. */
  get hasHandler(): boolean {
    return this.#handler !== undefined;
  }

  /**
   * The stream is about to be interrupted at our wish.
   *
   * @param goesOnAfterMs When another stream is expected at the earliest; undefined for never.
   */
  expectInterruption(goesOnAfterMs: number | undefined): void {
    this.#expectsEnd = true;
    if (goesOnAfterMs === undefined) return;
    this.#expect('media-lost', goesOnAfterMs + this.#options.settings.mediaReconnectTimeoutMs);
  }

  /**
   * The interruption was refused.
   *
   * @returns whether the stream is there; where it is not, another is waited for
   */
  interruptionRefused(): boolean {
    this.#expectsEnd = false;
    if (this.#media) this.#mediaTimer?.cancel();
    else this.#expect('media-lost', this.#options.settings.mediaReconnectTimeoutMs);
    return this.#media !== undefined;
  }

  /** An address with a fresh token, for the provider to open. */
  async issueMediaUrl(token: MediaTokenOptions = {}): Promise<string> {
    const { call, calls, host, settings } = this.#options;
    const secret = await calls.issueMediaToken(call, {
      reopenWithinMs: settings.provider.mediaRedialWithinMs,
      ...token,
    });
    const path = `/${call.provider}/media/${call.id}/${secret}`;
    return settings.mediaUrl(call, host.publicUrl.websocket(path));
  }

  /** The provider has been told to stream: the call ends where no stream comes. */
  expectMedia(): void {
    if (!this.#media) this.#expect('media-timeout', this.#options.settings.mediaTimeoutMs);
  }

  /**
   * The provider's stream is over while the call goes on.
   *
   * @returns the address of a new stream, at most twice; undefined where the call has ended instead
   */
  async reopen(): Promise<string | undefined> {
    const { call, settings } = this.#options;
    if (this.#handler || this.#reopens >= MAX_MEDIA_REOPENS) {
      await call.end('media-lost');
      return undefined;
    }
    this.#reopens++;
    const lost = this.#media;
    this.#media = undefined;
    this.#bridge?.replaceMedia(undefined);
    lost?.close();
    call.advance('reconnecting');
    this.#expect('media-lost', settings.mediaReconnectTimeoutMs);
    return this.issueMediaUrl();
  }

  /** The call has ended and was hung up. */
  close(): void {
    this.#media?.close();
  }

  /** The call has ended: nothing more is waited for. */
  stopTimers(): void {
    this.#mediaTimer?.cancel();
    this.#durationTimer?.cancel();
  }

  /** A media socket that `token` has opened. */
  openMedia(socket: MediaSocket, token: string): void {
    const { call, calls, settings } = this.#options;
    const { clock, logger, provider } = settings;
    const callId = call.id;
    const media = provider.createMediaStream(socket, {
      clock,
      logger,
      callId,
      admit: (start) => calls.admit(callId, token, start.providerCallId),
    });
    // The socket goes when the call goes, but after the hang-up, so that the provider does not ask what is next.
    if (this.#options.call.endInfo) {
      media.close();
      return;
    }
    const disown = this.#options.call.own((end) => {
      if (media !== this.#media || isGone(end.reason)) media.close();
    });
    media.on('digit-received', (digit) => this.#options.call.receiveDigit(digit));
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
    this.#options.calls
      .releaseMediaToken(this.#options.call.id, token)
      .catch((error: unknown) => this.#options.onFault(error, 'The call store failed'));
  }

  #expect(reason: 'media-timeout' | 'media-lost', timeoutMs: number): void {
    this.#mediaTimer?.cancel();
    this.#mediaTimer = this.#options.settings.clock.setTimeout(
      () => this.#options.onMediaMissing(reason),
      timeoutMs,
    );
  }

  #mediaStarted(media: PhoneMediaStream): void {
    if (this.#options.call.endInfo || media.isClosed) return;
    this.#mediaTimer?.cancel();
    this.#expectsEnd = false;
    const before = this.#media;
    this.#media = media;
    this.#recorder?.useMedia(media);
    before?.close();
    this.#options.call.advance('streaming');
    if (this.#bridge) this.#bridge.replaceMedia(media);
    else if (!this.#isConnecting) void this.#connect(media);
  }

  async #connect(media: PhoneMediaStream): Promise<void> {
    const { call, onFault, taker } = this.#options;
    this.#isConnecting = true;
    let took: CallTaker | undefined;
    try {
      took = await taker();
    } catch {
      return;
    }
    if (!took || call.endInfo) return;
    try {
      if ('handler' in took) await this.#handle(took.handler, this.#media ?? media);
      else await this.#attach(took.edgeCall, took.participant, this.#media ?? media);
    } catch (error) {
      onFault(error, 'The call could not be connected');
      void call.end('handler' in took ? 'agent-failed' : 'edge-failed', { error });
    }
  }

  async #handle(handler: MediaHandler, media: PhoneMediaStream): Promise<void> {
    this.#handler = handler;
    await handler.handleMedia(media, this.#options.call);
    await this.#options.call.end('hung-up');
  }

  async #attach(
    edgeCall: EdgeCall,
    participant: EdgeParticipantSession,
    media: PhoneMediaStream,
  ): Promise<void> {
    const { call, settings } = this.#options;
    const { clock, logger } = settings;
    const user = { id: `phone-${call.id.slice(0, 12)}`, name: settings.phoneName(call) };
    const bridge = await attachPhoneToCall(edgeCall, media, user, {
      clock,
      logger,
      signal: this.#options.call.signal,
      onAttached: (attached, backlog) =>
        participant.phoneAttached?.({ userId: user.id, backlog, bridge: attached }),
    });
    this.#options.call.own(() => bridge.close());
    if (this.#options.call.endInfo) return;
    this.#bridge = bridge;
    this.#participant = participant;
    // The stream may have been lost, or come back, in the meantime.
    if (this.#media !== media) bridge.replaceMedia(this.#media);
    void bridge.closed.then(({ reason, error }) => {
      if (reason === 'lost') void this.#options.call.end('edge-failed', { error });
      else if (reason === 'call-ended') void this.#options.call.end('hung-up');
    });
  }

  #mediaClosed(media: PhoneMediaStream, closed: MediaClosed): void {
    if (this.#options.call.endInfo) return;
    if (closed.error?.code === 'audio_unsupported') {
      void this.#options.call.end('audio-unsupported', { error: closed.error });
      return;
    }
    // A socket that never started, or was replaced, changes nothing.
    if (media !== this.#media) return;
    this.#media = undefined;
    this.#bridge?.replaceMedia(undefined);
    if (this.#expectsEnd) {
      this.#options.call.advance('reconnecting');
    } else if (closed.reason === 'stopped') {
      void this.#options.call.end('remote-hung-up');
    } else if (closed.reason === 'closed-by-us') {
      void this.#options.call.end('hung-up');
    } else {
      this.#options.call.advance('reconnecting');
      this.#expect('media-lost', this.#options.settings.mediaReconnectTimeoutMs);
    }
  }
}
