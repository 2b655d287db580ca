import type { AudioFrame, SampleRate } from '../audio/audio-frame.ts';
import { FRAME_DURATION_MS } from '../audio/audio-frame.ts';
import type { Resampler } from '../audio/resampler.ts';
import { createResampler } from '../audio/resampler.ts';
import type { HoldSound } from '../calls/call-control.ts';
import type { Clock } from '../clock/clock.ts';
import { delay, systemClock } from '../clock/clock.ts';
import { sharedTicker } from '../clock/ticker.ts';
import type { EdgeCall, EdgeConnection, EdgeConnectionClosed, EdgeUser } from '../edge/edge.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import { silentLogger } from '../logging/logger.ts';
import type { PhoneMediaStream } from '../media/phone-media-stream.ts';
import type { PlayoutInterruption } from '../media/playout.ts';
import { Playout } from '../media/playout.ts';
import { HoldPlayer } from './hold-player.ts';

/**
 * Of what the caller said before the phone joined, so much goes over the edge: enough not to cut a
 * word, too little to be heard as a delay. The rest is for {@link AttachPhoneOptions.onAttached}.
 */
const EDGE_BACKLOG_FRAMES = 3;
/** The hold sound's source: no user id has a space. */
const HOLD_SOURCE = 'hold sound';
/** Audio of one utterance has no gap so long, whatever the edge. */
const SILENCE_MS = 300;

/** Options of {@link attachPhoneToCall}; all have defaults. */
export interface AttachPhoneOptions {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Aborting it gives up joining. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called once, when the phone has joined and before its first audio: with what the caller said
   * until then, but for the last 60 ms, which come over the edge.
   */
  readonly onAttached?: ((bridge: PhoneBridge, backlog: readonly AudioFrame[]) => void) | undefined;
}

/**
 * Joins the phone to a call on the edge as `user`, and moves audio both ways until the bridge is
 * closed or the edge's side ends.
 *
 * @throws what `edgeCall.join` or `onAttached` throws; nothing is left on the edge then.
 */
export async function attachPhoneToCall(
  edgeCall: EdgeCall,
  media: PhoneMediaStream,
  user: EdgeUser,
  options: AttachPhoneOptions = {},
): Promise<PhoneBridge> {
  const connection = await edgeCall.join(user, {
    sampleRate: media.outboundFormat.sampleRate,
    signal: options.signal,
  });
  const bridge = new PhoneBridge(connection, options);
  try {
    const backlog = media.takeBacklog();
    const early = backlog.splice(0, Math.max(0, backlog.length - EDGE_BACKLOG_FRAMES));
    options.onAttached?.(bridge, early);
    bridge.replaceMedia(media);
    for (const frame of backlog) bridge.publish(frame);
    return bridge;
  } catch (error) {
    await bridge.close();
    throw error;
  }
}

/** The phone as a participant of a call on the edge. Made by {@link attachPhoneToCall}. */
export class PhoneBridge {
  /** Resolves when the connection to the edge is over, for whatever reason. */
  readonly closed: Promise<EdgeConnectionClosed>;
  readonly #connection: EdgeConnection;
  readonly #clock: Clock;
  readonly #playout: Playout;
  readonly #subscriptions: Unsubscribe[];
  #media: PhoneMediaStream | undefined;
  #unsubscribeMedia: Unsubscribe | undefined;
  #inbound: Resampler | undefined;
  #inboundRate = 0;
  /** What is given to the edge; written again for each frame. */
  readonly #frame: { samples: Int16Array; sampleRate: SampleRate; timestampSamples: number };
  /** What is added to a stream's media time; undefined until its first frame tells. */
  #offsetSamples: number | undefined = 0;
  /** Media time on the edge behind the last frame, and when that was given. */
  #publishedUntil = 0;
  #publishedAtMs: number | undefined;
  /** When audio for the caller last came. */
  #arrivedAtMs = Number.NEGATIVE_INFINITY;
  #hold: HoldPlayer | undefined;
  #isClosed = false;

  constructor(
    connection: EdgeConnection,
    options: Pick<AttachPhoneOptions, 'clock' | 'logger'> = {},
  ) {
    const clock = options.clock ?? systemClock;
    const logger = options.logger ?? silentLogger;
    this.#connection = connection;
    this.#clock = clock;
    this.#frame = {
      samples: new Int16Array(0),
      sampleRate: connection.sampleRate,
      timestampSamples: 0,
    };
    this.#playout = new Playout({
      clock,
      sampleRate: connection.sampleRate,
      onOverrun: (source) =>
        logger.warn({ source }, 'A participant sends faster than real time; audio is dropped'),
    });
    this.closed = new Promise((resolve) => {
      connection.on('connection-closed', (closed) => {
        this.#stop();
        resolve(closed);
      });
    });
    this.#subscriptions = [
      connection.onAudio((frame, source) => {
        this.#arrivedAtMs = clock.now();
        if (this.#hold) this.#playout.skip(source.id, frame.samples.length);
        else {
          const delayMs = connection.playoutDelayMs?.(source.id);
          this.#playout.enqueue(source.id, frame.samples, delayMs);
        }
      }),
      connection.on('participant-left', (source) => this.#playout.removeSource(source.id)),
      sharedTicker(clock).subscribe(() => this.#tick()),
    ];
  }

  /** Whether the caller is on hold. */
  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Whether a moderator of the call on the edge has muted the caller: the others do not hear them. */
  get isMuted(): boolean {
    return this.#connection.isMuted ?? false;
  }

  /**
   * Lets the caller be heard again after a moderator muted them. Does nothing where they are not muted.
   *
   * @throws PhoneAgentError where the edge does not allow it.
   */
  async unmute(): Promise<void> {
    await this.#connection.unmute?.();
  }

  /** The phone's user id on the edge. */
  get userId(): string {
    return this.#connection.user.id;
  }

  /** The media stream that carries the call now; undefined while it is lost. */
  get media(): PhoneMediaStream | undefined {
    return this.#media;
  }

  /** How much of a participant's audio the caller has heard, in ms since that participant joined. */
  heardMs(sourceId: string): number {
    return this.#playout.heardMs(sourceId);
  }

  /** How much of a participant's audio has reached the phone leg and is not heard yet, in ms. */
  pendingMs(sourceId: string): number {
    return this.#playout.pendingMs(sourceId);
  }

  /** Resolves when the caller has heard all of a participant's audio that has arrived, or it was dropped. */
  whenHeard(sourceId: string): Promise<void> {
    return this.#playout.whenHeard(sourceId);
  }

  /**
   * Resolves when nobody speaks to the caller any more: all that has arrived was heard, and no more has
   * come for 300 ms; or the bridge is closed.
   */
  async whenSilent(): Promise<void> {
    for (;;) {
      await this.#playout.whenAllHeard();
      const leftMs = this.#arrivedAtMs + SILENCE_MS - this.#clock.now();
      if (this.#isClosed || leftMs <= 0) return;
      await delay(this.#clock, leftMs);
    }
  }

  /** Puts the caller on hold: they hear `sound` over and over, and the edge hears nothing of them. Repeatable. */
  hold(sound?: HoldSound): void {
    if (this.#hold || this.#isClosed) return;
    this.#playout.interruptAll();
    this.#hold = new HoldPlayer(this.#playout.sampleRate, sound);
  }

  /** Takes the caller off hold. Repeatable. */
  resume(): void {
    if (!this.#hold) return;
    this.#hold = undefined;
    this.#playout.interrupt(HOLD_SOURCE);
    this.#playout.removeSource(HOLD_SOURCE);
  }

  /**
   * Silences a participant at the caller's ear now: its queue here, what the edge has under way, and
   * what the provider holds are dropped. Other participants' queues are kept. The participant stops
   * its own publishing itself, before it calls this.
   */
  interrupt(sourceId: string): PlayoutInterruption {
    this.#connection.resetSource(sourceId);
    return this.#playout.interrupt(sourceId);
  }

  /** Goes on over another media stream of the same call; undefined while there is none. */
  replaceMedia(media: PhoneMediaStream | undefined): void {
    if (this.#isClosed) return;
    this.#unsubscribeMedia?.();
    this.#unsubscribeMedia = undefined;
    this.#media = media;
    this.#playout.useMedia(media);
    if (!media) return;
    // The new stream counts from 0 again, and its sound does not continue the old one's.
    if (this.#publishedAtMs !== undefined) this.#offsetSamples = undefined;
    this.#inboundRate = 0;
    const backlog = media.takeBacklog().slice(-EDGE_BACKLOG_FRAMES);
    for (const frame of backlog) this.publish(frame);
    this.#unsubscribeMedia = media.onAudio((frame) => this.publish(frame));
  }

  /** Gives one frame of the caller's to the edge, unless they are on hold. */
  publish(frame: AudioFrame): void {
    if (this.#hold) return;
    const rate = this.#connection.sampleRate;
    if (this.#inboundRate !== frame.sampleRate) {
      this.#inbound = createResampler(frame.sampleRate, rate);
      this.#inboundRate = frame.sampleRate;
    }
    const published = this.#frame;
    published.samples = this.#inbound!.process(frame.samples);
    const timestamp = Math.round((frame.timestampSamples * rate) / frame.sampleRate);
    const now = this.#clock.now();
    this.#offsetSamples ??= this.#resumeAt(now) - timestamp;
    published.timestampSamples = timestamp + this.#offsetSamples;
    this.#publishedUntil = published.timestampSamples + published.samples.length;
    this.#publishedAtMs = now;
    this.#connection.publish(published);
  }

  #tick(): void {
    if (this.#hold) this.#playout.enqueue(HOLD_SOURCE, this.#hold.next());
    this.#playout.tick();
  }

  /** Media time at which another stream goes on: later by as long as there was none. */
  #resumeAt(nowMs: number): number {
    const silentMs = Math.max(0, nowMs - this.#publishedAtMs! - FRAME_DURATION_MS);
    return this.#publishedUntil + Math.round((silentMs * this.#connection.sampleRate) / 1000);
  }

  /** Leaves the edge. The media stream stays open: it belongs to who opened it. Repeatable. */
  async close(): Promise<void> {
    this.#stop();
    await this.#connection.leave();
  }

  #stop(): void {
    if (this.#isClosed) return;
    this.replaceMedia(undefined);
    this.#hold = undefined;
    this.#isClosed = true;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#playout.close();
  }
}
