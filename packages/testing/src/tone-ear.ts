import { readTones } from '@phone-agents/agent/testing';
import { LINE_RATE } from './virtual-phone/virtual-line.ts';

/** Louder than this is sound. */
const LOUD = 500;
/** Shorter pauses may be within a letter. */
const PAUSE_SAMPLES = 80;

/** Reads what a caller hears, letter by letter, out of the sound at the ear. */
export class ToneEar {
  readonly #decoder = new TextDecoder();
  #unread: number[] = [];
  /** Samples since the last one that was loud. */
  #silence = 0;
  #text = '';

  /** All that was heard so far. */
  get text(): string {
    return this.#text;
  }

  hear(frame: Int16Array): void {
    for (const sample of frame) {
      const isLoud = Math.abs(sample) > LOUD;
      this.#silence = isLoud ? 0 : this.#silence + 1;
      if (this.#silence < PAUSE_SAMPLES || this.#unread.length > 0) this.#unread.push(sample);
      if (this.#silence === PAUSE_SAMPLES) this.#read();
    }
  }

  #read(): void {
    const bytes = readTones(Int16Array.from(this.#unread), LINE_RATE);
    this.#unread = [];
    this.#text += this.#decoder.decode(bytes, { stream: true });
  }
}
