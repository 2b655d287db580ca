import {
  FRAME_DURATION_MS,
  type AudioFrame,
  type Clock,
  type SampleRate,
} from '@phone-agents/core';
import { CallRecording } from './call-recording.ts';
import { CallerMouth } from './caller-mouth.ts';
import type { FrameTicker } from './frame-ticker.ts';
import { PlaybackBuffer } from './playback-buffer.ts';

/** Where the caller's side of a call goes while a media stream is open. */
export interface CallerSink {
  /** The next 20 ms of the caller; undefined is silence. Borrowed. */
  audio(samples: Int16Array | undefined): void;
  /** A key was pressed. */
  digit(digit: string): void;
  /** A mark of the server's has been reached. */
  mark(name: string): void;
}

/** What a {@link PhoneLine} is made with. */
export interface PhoneLineOptions {
  readonly clock: Clock;
  readonly ticker: FrameTicker;
  readonly sampleRate: SampleRate;
  readonly record: boolean;
  readonly onListenerError: (error: unknown) => void;
  /**
   * Told of each key that is pressed after the answer. Absent: keys are heard by a media stream only,
   * and wait for the first one to open.
   */
  readonly onDigit?: ((digit: string) => void) | undefined;
}

/** A key tone and the pause behind it: 200 ms. */
const FRAMES_PER_DIGIT = 10;

interface CarrierSound {
  readonly samples: Int16Array;
  offset: number;
  readonly played: () => void;
}

/**
 * One caller's phone and the line to it, whichever company it belongs to: mouth, ear, keypad, the
 * carrier's playback buffer and the recording, moved on together every 20 ms from the answer on.
 */
export class PhoneLine {
  readonly playback: PlaybackBuffer;
  readonly sampleRate: SampleRate;
  readonly #clock: Clock;
  readonly #ticker: FrameTicker;
  readonly #onListenerError: (error: unknown) => void;
  readonly #mouth = new CallerMouth();
  readonly #spoken: Int16Array;
  readonly #silence: Int16Array;
  readonly #recording: CallRecording | undefined;
  readonly #onDigit: ((digit: string) => void) | undefined;
  readonly #listeners = new Set<(frame: AudioFrame) => void>();
  readonly #heard: { samples: Int16Array; sampleRate: SampleRate; timestampSamples: number };
  readonly #digits: string[] = [];
  readonly #sounds: CarrierSound[] = [];
  /** Frames of the phones that this one is connected with; all of one tick are heard together. */
  readonly #peerFrames: Int16Array[] = [];
  #sink: CallerSink | undefined;
  /** Nobody can listen before the first stream opens; from then on words that nobody takes are lost. */
  #mouthOpen = false;
  #framesToNextDigit = 0;
  #removeFromTicker: (() => void) | undefined;
  #ticking = false;
  #closed = false;

  constructor(options: PhoneLineOptions) {
    const samplesPerFrame = (options.sampleRate * FRAME_DURATION_MS) / 1000;
    this.sampleRate = options.sampleRate;
    this.#clock = options.clock;
    this.#ticker = options.ticker;
    this.#onListenerError = options.onListenerError;
    this.#onDigit = options.onDigit;
    this.#spoken = new Int16Array(samplesPerFrame);
    this.#silence = new Int16Array(samplesPerFrame);
    this.#recording = options.record ? new CallRecording(options.sampleRate) : undefined;
    this.#heard = {
      samples: this.#silence,
      sampleRate: options.sampleRate,
      timestampSamples: 0,
    };
    this.playback = new PlaybackBuffer(samplesPerFrame, (name) => this.#sink?.mark(name));
  }

  /** The call was answered: time begins. Repeatable. */
  open(): void {
    if (this.#removeFromTicker || this.#closed) return;
    this.playback.startFrame(this.#clock.now());
    this.#removeFromTicker = this.#ticker.add((atMs) => this.#tick(atMs));
  }

  /** Leads the caller's side to `sink`, and what is written to `playback` to the caller. */
  connect(sink: CallerSink): void {
    this.#sink = sink;
    this.#mouthOpen = true;
  }

  /** The sink is gone; what it had sent and was not played is dropped. */
  disconnect(sink: CallerSink): void {
    if (this.#sink !== sink) return;
    this.#sink = undefined;
    this.playback.discard(this.#clock.now());
  }

  speak(samples: Int16Array): Promise<void> {
    return this.#mouth.speak(samples);
  }

  /** @throws RangeError for anything but `0` to `9`, `*` and `#`. */
  press(digits: string): void {
    if (!/^[\d*#]*$/.test(digits)) {
      throw new RangeError('A phone has the keys 0 to 9, * and #; nothing else can be pressed.');
    }
    if (!this.#closed) this.#digits.push(...digits);
  }

  onHeard(listener: (frame: AudioFrame) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Plays the carrier's own sound to the caller; resolves when it was played or the line closed. */
  playSound(samples: Int16Array): Promise<void> {
    if (samples.length === 0 || this.#closed) return Promise.resolve();
    return new Promise((played) => this.#sounds.push({ samples, offset: 0, played }));
  }

  /** 20 ms of another phone, to be heard with the next frame; copied. */
  hearPeer(samples: Int16Array): void {
    if (!this.#closed) this.#peerFrames.push(samples.slice());
  }

  /** Drops the carrier's own sounds. */
  stopSounds(): void {
    for (const sound of this.#sounds.splice(0)) sound.played();
  }

  /** The recording so far; undefined when none is made. */
  recording(): Uint8Array | undefined {
    return this.#recording?.wav();
  }

  /** The phone is down. Repeatable. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#removeFromTicker?.();
    this.playback.discard(this.#clock.now());
    // What was heard of the last frame still belongs to the call.
    if (this.#removeFromTicker && !this.#ticking)
      this.#hear(this.playback.finishFrame(), undefined);
    this.#mouth.close();
    this.stopSounds();
    this.#listeners.clear();
    this.#digits.length = 0;
  }

  #tick(atMs: number): void {
    this.#ticking = true;
    try {
      this.#moveOn();
    } finally {
      this.#ticking = false;
    }
    if (!this.#closed) this.playback.startFrame(atMs);
  }

  #moveOn(): void {
    const spoken =
      this.#mouthOpen && this.#mouth.speaking && this.#mouth.pull(this.#spoken) > 0
        ? this.#spoken
        : undefined;
    const heard = this.playback.finishFrame();
    for (const samples of this.#peerFrames.splice(0)) mix(heard, samples);
    if (this.#sounds.length > 0) this.#mixSound(heard);
    this.#hear(heard, spoken);
    this.#sink?.audio(spoken);
    if (this.#mouthOpen || this.#onDigit) this.#pressNext();
  }

  #hear(heard: Int16Array, spoken: Int16Array | undefined): void {
    this.#recording?.append(spoken ?? this.#silence, heard);
    this.#heard.samples = heard;
    for (const listener of this.#listeners) {
      try {
        listener(this.#heard);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
    this.#heard.timestampSamples += heard.length;
  }

  #pressNext(): void {
    if (this.#framesToNextDigit > 0) {
      this.#framesToNextDigit--;
      return;
    }
    const digit = this.#digits.shift();
    if (digit === undefined) return;
    this.#framesToNextDigit = FRAMES_PER_DIGIT - 1;
    this.#sink?.digit(digit);
    this.#onDigit?.(digit);
  }

  #mixSound(frame: Int16Array): void {
    let at = 0;
    while (at < frame.length && this.#sounds.length > 0) {
      const sound = this.#sounds[0]!;
      const count = Math.min(frame.length - at, sound.samples.length - sound.offset);
      const piece = sound.samples.subarray(sound.offset, sound.offset + count);
      mix(frame.subarray(at, at + count), piece);
      at += count;
      sound.offset += count;
      if (sound.offset === sound.samples.length) {
        this.#sounds.shift();
        sound.played();
      }
    }
  }
}

function mix(frame: Int16Array, samples: Int16Array): void {
  const length = Math.min(frame.length, samples.length);
  for (let i = 0; i < length; i++) {
    frame[i] = Math.max(-32_768, Math.min(32_767, frame[i]! + samples[i]!));
  }
}
