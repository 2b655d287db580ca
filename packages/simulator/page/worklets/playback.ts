import { PlayoutBuffer } from '../audio/playout-buffer.ts';
import { RateConverter } from '../audio/rate-converter.ts';
import { toFloat } from '../audio/samples.ts';

/** Plays frames at the line's rate, which are posted to it as ArrayBuffers. */
class Playback extends AudioWorkletProcessor {
  readonly #buffer = new PlayoutBuffer(sampleRate);

  constructor({ processorOptions: { lineRate } }: { processorOptions: { lineRate: number } }) {
    super();
    const converter = new RateConverter(lineRate, sampleRate);
    this.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#buffer.push(converter.process(toFloat(new Int16Array(data))));
    };
  }

  process(_inputs: Float32Array[][], [output]: Float32Array[][]): boolean {
    const [first, ...others] = output ?? [];
    if (!first) return true;
    this.#buffer.pull(first);
    for (const channel of others) channel.set(first);
    return true;
  }
}

registerProcessor('playback', Playback);
