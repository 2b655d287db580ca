import type { AudioCodec, Clock, ClockTimer, Logger, MediaSocket } from '@phone-agents/core';
import { PhoneMediaStream, createAudioCodec, silentLogger } from '@phone-agents/core';
import { decodeTones, encodeTones } from './tone-code.ts';

const FORMAT = { encoding: 'PCMU', sampleRate: 8_000 } as const;
const FRAME_SAMPLES = 160;
const FRAME_MS = 20;

/** What the carrier holds for the caller's ear: a frame of audio, or a mark between two. */
type Waiting = Uint8Array | { readonly mark: string };

/**
 * A telephone on a clock: mu-law both ways, one frame each 20 ms, a playback buffer with marks and
 * clear like a carrier's. What is said into it and what is heard at its ear are tones.
 */
export class LoopbackPhone {
  readonly media: LoopbackMedia;
  readonly #clock: Clock;
  readonly #codec: AudioCodec = createAudioCodec(FORMAT);
  readonly #ear: Int16Array[] = [];
  #mouth: Int16Array[] = [];
  #waiting: Waiting[] = [];
  #echo: { readonly frames: number; readonly gain: number } | undefined;
  #frames = 0;
  #timer: ClockTimer | undefined;
  /** How often the carrier was told to drop what it holds. */
  clears = 0;

  constructor(clock: Clock, logger: Logger = silentLogger) {
    this.#clock = clock;
    this.media = new LoopbackMedia(clock, logger, {
      audio: (bytes) => this.#waiting.push(bytes.slice()),
      mark: (mark) => this.#waiting.push({ mark }),
      clear: () => this.#clear(),
    });
    this.media.begin();
    this.#tick();
  }

  /** Says something after what is being said; 60 ms for each letter. */
  say(text: string): void {
    this.sound(encodeTones(text, FORMAT.sampleRate, 'caller'));
  }

  /** Coughs: noise without a word in it, the same each time. */
  cough(durationMs = 400): void {
    let state = 1;
    const samples = Int16Array.from({ length: durationMs * 8 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return (state % 8_000) - 4_000;
    });
    this.sound(samples);
  }

  /** From now on the phone's microphone hears its own loudspeaker, `delayMs` later and quieter. */
  echo(delayMs: number, gain: number): void {
    this.#echo = { frames: Math.round(delayMs / FRAME_MS), gain };
  }

  /** Lets samples at 8 kHz into the microphone. */
  sound(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += FRAME_SAMPLES) {
      const frame = new Int16Array(FRAME_SAMPLES);
      frame.set(samples.subarray(at, at + FRAME_SAMPLES));
      this.#mouth.push(frame);
    }
  }

  /** The words at the caller's ear so far. */
  get heard(): string {
    return decodeTones(this.#recording(), FORMAT.sampleRate);
  }

  /** When the caller first heard a sound, in ms from the start of the phone; undefined before. */
  get firstSoundMs(): number | undefined {
    const index = this.#recording().findIndex((sample) => Math.abs(sample) > 500);
    return index < 0 ? undefined : index / 8;
  }

  /** When the caller last heard a sound, in ms from the start of the phone. */
  get lastSoundMs(): number {
    return this.#recording().findLastIndex((sample) => Math.abs(sample) > 500) / 8;
  }

  /** The longest time without a sound at the caller's ear between two moments, in ms. */
  longestSilenceMs(fromMs: number, untilMs: number): number {
    let longest = 0;
    let silent = 0;
    for (const frame of this.#ear.slice(Math.ceil(fromMs / FRAME_MS), untilMs / FRAME_MS)) {
      silent = frame.some((sample) => Math.abs(sample) > 500) ? 0 : silent + FRAME_MS;
      longest = Math.max(longest, silent);
    }
    return longest;
  }

  /** How long the phone has been open, in ms. */
  get elapsedMs(): number {
    return this.#frames * FRAME_MS;
  }

  hangUp(): void {
    this.#timer?.cancel();
    this.media.close();
  }

  readonly #tick = (): void => {
    this.#timer = this.#clock.setTimeout(this.#tick, FRAME_MS);
    this.#play();
    const bytes = new Uint8Array(FRAME_SAMPLES);
    this.#codec.encode(this.#withEcho(this.#mouth.shift() ?? new Int16Array(FRAME_SAMPLES)), bytes);
    this.media.push(bytes, ++this.#frames);
  };

  #withEcho(spoken: Int16Array): Int16Array {
    const { frames, gain } = this.#echo ?? { frames: 0, gain: 0 };
    const heard = this.#ear.at(-1 - frames);
    if (!heard || gain === 0) return spoken;
    return spoken.map((sample, index) => sample + Math.round(heard[index]! * gain));
  }

  #play(): void {
    const frame = new Int16Array(FRAME_SAMPLES);
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if ('mark' in next) {
        this.media.echo(next.mark);
        continue;
      }
      this.#codec.decode(next, frame);
      break;
    }
    this.#ear.push(frame);
  }

  #clear(): void {
    this.clears++;
    const dropped = this.#waiting;
    this.#waiting = [];
    for (const item of dropped) if ('mark' in item) this.media.echo(item.mark);
  }

  #recording(): Int16Array {
    const samples = new Int16Array(this.#ear.length * FRAME_SAMPLES);
    this.#ear.forEach((frame, index) => samples.set(frame, index * FRAME_SAMPLES));
    return samples;
  }
}

interface Carrier {
  audio(bytes: Uint8Array): void;
  mark(name: string): void;
  clear(): void;
}

const SOCKET: MediaSocket = {
  bufferedAmount: 0,
  send: () => {},
  close: () => {},
  setHandlers: () => {},
};

/** The media stream of a {@link LoopbackPhone}: its messages are function calls. */
export class LoopbackMedia extends PhoneMediaStream {
  readonly #carrier: Carrier;

  constructor(clock: Clock, logger: Logger, carrier: Carrier) {
    super(
      SOCKET,
      { clock, logger, callId: 'loopback', admit: () => Promise.resolve() },
      { outboundFormat: FORMAT, marks: true, reorderFrames: 0 },
    );
    this.#carrier = carrier;
  }

  begin(): void {
    const ids = { streamId: 'loopback', providerCallId: 'loopback', parameters: {} };
    this.receiveStart({ ...ids, inboundFormat: FORMAT });
  }

  push(bytes: Uint8Array, chunk: number): void {
    this.receiveMedia(bytes, { chunk, timestampMs: (chunk - 1) * FRAME_MS });
  }

  echo(mark: string): void {
    this.receiveMark(mark);
  }

  protected override receive(): void {}

  protected override writeAudio(bytes: Uint8Array): void {
    this.#carrier.audio(bytes);
  }

  protected override writeMark(name: string): void {
    this.#carrier.mark(name);
  }

  protected override writeClear(): void {
    this.#carrier.clear();
  }
}
