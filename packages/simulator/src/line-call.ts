import { writeFile } from 'node:fs/promises';
import type { AudioFrame, Clock, SampleRate } from '@phone-agents/core';
import type { SimulatedCallEnd } from '@phone-agents/core/testing';
import type {
  CarrierCall,
  CarrierCallEvent,
  CarrierCallProgress,
  CarrierCallTimes,
  CarrierWarning,
} from './carrier-call.ts';
import { PhoneLine, type PhoneLineOptions } from './line/phone-line.ts';
import { keyTones } from './line/tones.ts';
import type { HeardSpan } from './line/playback-buffer.ts';

const MAX_WARNINGS = 500;

/** What a {@link LineCall} is made with. */
export interface LineCallOptions extends PhoneLineOptions {
  readonly onProgress: ((progress: CarrierCallProgress) => void) | undefined;
}

/** What calls of all carriers have in common: a phone on a line, its stations, and who listens. */
export abstract class LineCall implements CarrierCall {
  abstract readonly providerCallId: string;
  abstract readonly from: string;
  abstract readonly to: string;
  abstract readonly settled: Promise<void>;
  readonly connected: Promise<boolean>;
  readonly ended: Promise<SimulatedCallEnd>;
  readonly sampleRate: SampleRate;
  protected readonly line: PhoneLine;
  protected readonly clock: Clock;
  readonly #onListenerError: (error: unknown) => void;
  readonly #announcements: string[] = [];
  #receivedDigits = '';
  readonly #warnings: CarrierWarning[] = [];
  readonly #listeners = new Set<(progress: CarrierCallProgress) => void>();
  readonly #placedMs: number;
  #answeredMs: number | undefined;
  #mediaOpenedMs: number | undefined;
  #endedMs: number | undefined;
  #resolveConnected!: (connected: boolean) => void;
  #resolveEnded!: (end: SimulatedCallEnd) => void;

  constructor(options: LineCallOptions) {
    this.clock = options.clock;
    this.sampleRate = options.sampleRate;
    this.#onListenerError = options.onListenerError;
    this.#placedMs = options.clock.now();
    if (options.onProgress) this.#listeners.add(options.onProgress);
    this.connected = new Promise((resolve) => (this.#resolveConnected = resolve));
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    this.line = new PhoneLine(options);
  }

  get times(): CarrierCallTimes {
    return {
      placedMs: this.#placedMs,
      answeredMs: this.#answeredMs,
      mediaOpenedMs: this.#mediaOpenedMs,
      endedMs: this.#endedMs,
    };
  }

  get announcements(): readonly string[] {
    return this.#announcements;
  }

  get receivedDigits(): string {
    return this.#receivedDigits;
  }

  get warnings(): readonly CarrierWarning[] {
    return this.#warnings;
  }

  get playedMs(): number {
    return (this.line.playback.playedSamples(this.clock.now()) * 1000) / this.sampleRate;
  }

  get bufferedMs(): number {
    return (this.line.playback.bufferedSamples(this.clock.now()) * 1000) / this.sampleRate;
  }

  get heardSpans(): readonly HeardSpan[] {
    return this.line.playback.spans;
  }

  heardAtMs(sample: number): number | undefined {
    return this.line.playback.heardAtMs(sample);
  }

  speak(samples: Int16Array): Promise<void> {
    return this.line.speak(samples);
  }

  press(digits: string): void {
    this.line.press(digits);
  }

  onHeard(listener: (frame: AudioFrame) => void): () => void {
    return this.line.onHeard(listener);
  }

  onProgress(listener: (progress: CarrierCallProgress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  recording(): Uint8Array {
    return this.line.recording() ?? new Uint8Array(0);
  }

  async saveRecording(path: string): Promise<void> {
    await writeFile(path, this.recording());
  }

  abstract hangUp(): void;
  abstract dropMedia(): void;

  protected get isAnswered(): boolean {
    return this.#answeredMs !== undefined;
  }

  protected get isEnded(): boolean {
    return this.#endedMs !== undefined;
  }

  /** The call was answered: its time begins. */
  protected answered(): void {
    this.#answeredMs = this.clock.now();
    this.line.open();
    this.tell({ event: 'answered' });
  }

  protected mediaOpened(): void {
    this.#mediaOpenedMs ??= this.clock.now();
    this.#resolveConnected(true);
    this.tell({ event: 'media-opened' });
  }

  /** The carrier speaks itself. */
  protected announced(text: string): void {
    this.#announcements.push(text);
    this.tell({ event: 'announced', text });
  }

  /** The server sends keys to the phone; resolves when their tones were heard. */
  protected async hearDigits(digits: string): Promise<void> {
    this.#receivedDigits += digits;
    await this.line.playSound(keyTones(digits, this.sampleRate));
  }

  /** The phone is down; to be followed by {@link finished}. False where it was down before. */
  protected putDown(): boolean {
    if (this.#endedMs !== undefined) return false;
    this.#endedMs = this.clock.now();
    this.line.close();
    return true;
  }

  /** Nothing more happens: all who wait are told. */
  protected finished(end: SimulatedCallEnd): void {
    this.#resolveConnected(false);
    this.tell({ event: 'ended', end });
    this.#listeners.clear();
    this.#resolveEnded(end);
  }

  protected warn(warning: CarrierWarning): void {
    if (this.#warnings.length >= MAX_WARNINGS) return;
    this.#warnings.push(warning);
    this.tell({ event: 'warned', warning });
  }

  protected tell(event: CarrierCallEvent): void {
    const progress: CarrierCallProgress = { ...event, atMs: this.clock.now() };
    for (const listener of this.#listeners) {
      try {
        listener(progress);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}
