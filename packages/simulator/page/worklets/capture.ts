import { RateConverter } from '../audio/rate-converter.ts';
import { toInt16 } from '../audio/samples.ts';

/** Makes 20 ms frames at the line's rate from the microphone, and posts each as an ArrayBuffer. */
class Capture extends AudioWorkletProcessor {
  readonly #converter: RateConverter;
  readonly #frame: Int16Array;
  #filled = 0;

  constructor({ processorOptions: { lineRate } }: { processorOptions: { lineRate: number } }) {
    super();
    this.#converter = new RateConverter(sampleRate, lineRate);
    this.#frame = new Int16Array(lineRate / 50);
  }

  process([input]: Float32Array[][]): boolean {
    const channel = input?.[0];
    if (!channel) return true;
    for (const sample of toInt16(this.#converter.process(channel))) {
      this.#frame[this.#filled++] = sample;
      if (this.#filled < this.#frame.length) continue;
      const { buffer } = this.#frame.slice();
      this.port.postMessage(buffer, [buffer]);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor('capture', Capture);
