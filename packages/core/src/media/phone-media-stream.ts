import type { AudioCodec, AudioFormat } from '../audio/audio-codec.ts';
import { createAudioCodec } from '../audio/audio-codec.ts';
import type { AudioFrame } from '../audio/audio-frame.ts';
import { samplesPerFrame } from '../audio/audio-frame.ts';
import type { Clock, ClockTimer } from '../clock/clock.ts';
import { AudioFormatError, MediaAdmissionError, PhoneAgentError } from '../errors.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import { Emitter } from '../events/emitter.ts';
import type { LogFields, Logger } from '../logging/logger.ts';
import { CallerAudio } from './caller-audio.ts';
import { FaultLog } from './fault-log.ts';
import { frameIterator } from './frame-iterator.ts';
import { InboundFramer } from './inbound-framer.ts';
import type { MediaPosition } from './inbound-framer.ts';
import type { MediaSocket } from './media-socket.ts';

/** How long a socket may stay silent before its `start` message. */
export const START_TIMEOUT_MS = 5_000;
/** How much a socket may send before its `start` message. */
export const MAX_BYTES_BEFORE_START = 16_384;
/** Outgoing audio is dropped while more than this waits for the network: 10 s of base64 mu-law. */
export const MAX_BUFFERED_BYTES = 131_072;

/** Facts of a media stream, from the provider's first message. */
export interface MediaStart {
  /** The provider's id of the stream. */
  readonly streamId: string;
  /** The provider's id of the call; checked against the call that the token was made for. */
  readonly providerCallId: string;
  /** How the caller's audio comes. */
  readonly inboundFormat: AudioFormat;
  /** Whatever the answer to the webhook put into the stream's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** How a media stream ended. */
export interface MediaClosed {
  /**
   * `stopped`: the provider said that the stream is over. `socket-closed`: the socket was lost
   * without that. `closed-by-us`: {@link PhoneMediaStream.close}. `refused`: it never started, or
   * broke the protocol; `error` says why.
   */
  readonly reason: 'stopped' | 'socket-closed' | 'closed-by-us' | 'refused';
  readonly error?: PhoneAgentError | undefined;
}

/** What every media stream is made with, whatever the provider. */
export interface PhoneMediaStreamOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Our id of the call, for log lines. */
  readonly callId: string;
  /**
   * Decides on the provider's `start`: it rejects where the token was used already or belongs to
   * another call, and the socket is closed with 1008 then.
   */
  readonly admit: (start: MediaStart) => Promise<void>;
}

/** What a provider's stream is capable of; given by the plugin. */
export interface MediaStreamTraits {
  /** Our audio towards the caller. */
  readonly outboundFormat: AudioFormat;
  /** Whether {@link PhoneMediaStream.sendMark} is answered by an echo when the audio has been played. */
  readonly marks: boolean;
  /** How many frames to wait for one that is missing; 0 where the provider keeps the order. */
  readonly reorderFrames: number;
}

/** Watches a stream's audio, both ways; what it is given is borrowed. */
export interface MediaTap {
  inbound(frame: AudioFrame): void;
  /** One frame was sent, to be heard after those before it. */
  outbound(samples: Int16Array): void;
  /** What was sent and not played will not be heard. */
  cleared(): void;
}

/** What a media stream tells besides audio, by the name of the event. */
export interface PhoneMediaStreamEvents {
  'digit-received': string;
  /** A mark came back: all audio before it was played, or dropped by `clear`. */
  'mark-received': string;
}

/**
 * One media WebSocket of a phone call: the caller's audio in, ours out, digits, marks and clear.
 *
 * Plugins extend it: they turn the provider's messages into `receiveStart`, `receiveMedia`,
 * `receiveDigit`, `receiveMark` and `receiveStop`, and write ours. Order, gaps, framing, codecs,
 * admission, limits and the one end are handled here. Until somebody listens, the last 10 s of the
 * caller's audio are kept ({@link takeBacklog}).
 */
export abstract class PhoneMediaStream {
  /** Resolves with the provider's `start` once admitted; rejects where that never comes. */
  readonly started: Promise<MediaStart>;
  /** Resolves once, when the stream is over; never rejects. */
  readonly closed: Promise<MediaClosed>;
  readonly #traits: MediaStreamTraits;
  readonly #socket: MediaSocket;
  readonly #options: PhoneMediaStreamOptions;
  readonly #events: Emitter<PhoneMediaStreamEvents>;
  readonly #callerAudio: CallerAudio;
  readonly #outboundCodec: AudioCodec;
  readonly #outboundBytes: Uint8Array;
  readonly #faults: FaultLog;
  readonly #startTimer: ClockTimer;
  #tap: MediaTap | undefined;
  #deferred: (() => void)[] = [];
  #framer: InboundFramer | undefined;
  #state: 'waiting' | 'admitting' | 'started' | 'closed' = 'waiting';
  #bytesBeforeStart = 0;
  #start: MediaStart | undefined;
  #resolveStarted!: (start: MediaStart) => void;
  #rejectStarted!: (error: PhoneAgentError) => void;
  #resolveClosed!: (closed: MediaClosed) => void;

  protected constructor(
    socket: MediaSocket,
    options: PhoneMediaStreamOptions,
    traits: MediaStreamTraits,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#traits = traits;
    this.#outboundCodec = createAudioCodec(traits.outboundFormat);
    this.#outboundBytes = new Uint8Array(this.#outboundCodec.bytesPerFrame);
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve;
      this.#rejectStarted = reject;
    });
    this.started.catch(() => {});
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#faults = new FaultLog(options.logger, options.callId);
    this.#callerAudio = new CallerAudio((error) => this.#listenerFailed(error));
    this.#events = new Emitter((error) => this.#listenerFailed(error));
    this.#startTimer = options.clock.setTimeout(
      () => this.refuse('the provider sent no start message in time'),
      START_TIMEOUT_MS,
    );
    socket.setHandlers({
      message: (data, isBinary) => this.#message(data, isBinary),
      close: () => this.#finish({ reason: 'socket-closed' }),
      error: (error) => this.warn('socket-error', { error }, 'The media socket broke'),
    });
  }

  /** The provider's `start`, once admitted. */
  get start(): MediaStart | undefined {
    return this.#state === 'started' ? this.#start : undefined;
  }

  /** Whether the stream is over. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** How our audio is sent to the caller; its rate is what {@link sendAudio} takes. */
  get outboundFormat(): AudioFormat {
    return this.#traits.outboundFormat;
  }

  /** Whether marks come back when audio has been played; without, playing is estimated by the clock. */
  get supportsMarks(): boolean {
    return this.#traits.marks;
  }

  /** Listens to the caller: 20 ms frames in order, gaps filled, borrowed. The first listener ends the backlog. */
  onAudio(listener: (frame: AudioFrame) => void): Unsubscribe {
    return this.#callerAudio.listen(listener);
  }

  /** The caller's audio as copies, from the backlog on, until the stream is over. One reader each. */
  audio(): AsyncIterable<AudioFrame> {
    const backlog = this.takeBacklog();
    return frameIterator(backlog, (listener) => this.onAudio(listener), this.closed);
  }

  /** The caller's audio that came before anybody listened, at most the last 10 s; then keeps no more. */
  takeBacklog(): AudioFrame[] {
    return this.#callerAudio.takeBacklog();
  }

  on<Name extends keyof PhoneMediaStreamEvents>(
    name: Name,
    listener: (event: PhoneMediaStreamEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  /**
   * Sends one 20 ms frame at `outboundFormat.sampleRate` to the caller.
   *
   * @returns whether it was sent: false before `start`, after the end, and while the network does
   * not keep up.
   */
  sendAudio(samples: Int16Array): boolean {
    if (this.#state !== 'started') return false;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.warn(
        'backpressure',
        {},
        'The network does not keep up; audio for the caller is dropped',
      );
      return false;
    }
    const length = this.#outboundCodec.encode(samples, this.#outboundBytes);
    this.writeAudio(
      length === this.#outboundBytes.length
        ? this.#outboundBytes
        : this.#outboundBytes.subarray(0, length),
    );
    this.#tap?.outbound(samples);
    return true;
  }

  /** Asks for an echo of `name` when all audio sent so far has been played. */
  sendMark(name: string): void {
    if (this.#state === 'started' && this.#traits.marks) this.writeMark(name);
  }

  /** Drops the audio that the provider holds and has not played yet. */
  clear(): void {
    if (this.#state !== 'started') return;
    this.writeClear();
    this.#tap?.cleared();
  }

  /** Has one watch all audio from now on, for a recording; undefined ends that. Keeps the backlog as it is. */
  tap(tap: MediaTap | undefined): void {
    this.#tap = tap;
  }

  /** Ends the stream from our side. What the provider does with the call then is its own affair. Repeatable. */
  close(code = 1000, reason = ''): void {
    this.#finish({ reason: 'closed-by-us' }, code, reason);
  }

  /** One message of the provider's. Must not throw: bad input is for {@link warn}. */
  protected abstract receive(data: Uint8Array, isBinary: boolean): void;
  /** Writes encoded audio; `bytes` is reused afterwards. */
  protected abstract writeAudio(bytes: Uint8Array): void;
  protected abstract writeMark(name: string): void;
  protected abstract writeClear(): void;

  /** Sends a message of the provider's protocol. */
  protected send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** The provider's `start` was read. A second one is ignored with a warning. */
  protected receiveStart(start: MediaStart): void {
    if (this.#state !== 'waiting') {
      this.warn('second-start', {}, 'The provider sent a second start; it is ignored');
      return;
    }
    try {
      this.#framer = new InboundFramer(
        createAudioCodec(start.inboundFormat),
        this.#traits.reorderFrames,
        (frame) => this.#deliver(frame),
      );
    } catch (error) {
      const message = error instanceof AudioFormatError ? error.message : 'its audio is unreadable';
      this.refuseAudio(message);
      return;
    }
    this.#start = start;
    this.#state = 'admitting';
    this.#startTimer.cancel();
    this.#options.admit(start).then(
      () => this.#admitted(start),
      (error: unknown) =>
        this.#refuse(
          PhoneAgentError.isInstance(error)
            ? error
            : new MediaAdmissionError(401, 'The media stream was not admitted.', { cause: error }),
          1008,
        ),
    );
  }

  /** A piece of the caller's audio, of any length; `bytes` is borrowed. */
  protected receiveMedia(bytes: Uint8Array, position?: MediaPosition): void {
    if (!this.#framer) {
      this.warn('media-before-start', {}, 'Audio came before start; it is dropped');
      return;
    }
    if (this.#state !== 'closed') this.#framer.push(bytes, position);
  }

  protected receiveDigit(digit: string): void {
    this.#whenStarted(() => this.#events.emit('digit-received', digit));
  }

  protected receiveMark(name: string): void {
    if (this.#state === 'started') this.#events.emit('mark-received', name);
  }

  /** The provider says that the stream is over. */
  protected receiveStop(): void {
    if (this.#state === 'waiting') this.refuse('the provider stopped the stream before its start');
    else this.#whenStarted(() => this.#finish({ reason: 'stopped' }));
  }

  /** The caller's audio has a form that cannot be used; `message` says which, and what can. Ends the call. */
  protected refuseAudio(message: string): void {
    this.#refuse(new AudioFormatError(message), 1003);
  }

  /** Closes the socket because of what came on it. */
  protected refuse(why: string): void {
    this.#refuse(
      new PhoneAgentError('media_protocol', `The media stream was refused: ${why}.`),
      1008,
    );
  }

  /** Logs a fault of the other side: each `kind` once per stream, so that a flood fills no log. */
  protected warn(kind: string, fields: LogFields, message: string): void {
    this.#faults.warn(kind, fields, message);
  }

  #message(data: Uint8Array, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'waiting') {
      this.#bytesBeforeStart += data.byteLength;
      if (this.#bytesBeforeStart > MAX_BYTES_BEFORE_START) {
        this.refuse('too much came before its start message');
        return;
      }
    }
    try {
      this.receive(data, isBinary);
    } catch (error) {
      // What one message holds must never end the call, and here it would end the process.
      this.warn('unreadable', { error }, 'A message could not be read; it is dropped');
    }
  }

  #admitted(start: MediaStart): void {
    if (this.#state !== 'admitting') return;
    this.#state = 'started';
    this.#resolveStarted(start);
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const action of deferred) action();
  }

  #whenStarted(action: () => void): void {
    if (this.#state === 'started') action();
    else if (this.#state === 'admitting' && this.#deferred.length < 64) this.#deferred.push(action);
  }

  #deliver(frame: AudioFrame): void {
    this.#tap?.inbound(frame);
    this.#callerAudio.deliver(frame);
  }

  #listenerFailed(error: unknown): void {
    this.warn('listener', { error }, 'A listener of the media stream failed');
  }

  #refuse(error: PhoneAgentError, code: number): void {
    if (this.#state === 'closed') return;
    this.warn('refused', { code: error.code }, error.message);
    this.#finish({ reason: 'refused', error }, code, 'refused');
  }

  #finish(closed: MediaClosed, code = 1000, reason = ''): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#startTimer.cancel();
    this.#rejectStarted(
      closed.error ??
        new PhoneAgentError('media_closed', 'The media stream ended before it had started.'),
    );
    this.#faults.close();
    this.#socket.close(code, reason);
    this.#callerAudio.close();
    this.#events.clear();
    this.#resolveClosed(closed);
  }

  /** Samples in one frame of {@link sendAudio}. */
  get outboundFrameSamples(): number {
    return samplesPerFrame(this.#traits.outboundFormat.sampleRate);
  }
}
