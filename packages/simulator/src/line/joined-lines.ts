import { createResampler, type Resampler } from '@phone-agents/core';
import type { CallerSink, PhoneLine } from './phone-line.ts';

/** Phones that hear each other: a conference, or two calls that were bridged. */
export class JoinedLines {
  readonly #sinks = new Map<PhoneLine, CallerSink>();

  /** Phones in it. */
  get size(): number {
    return this.#sinks.size;
  }

  /** From now on the phone hears the others, and they it; a media stream that it had is off the line. */
  add(line: PhoneLine): void {
    const resamplers = new Map<PhoneLine, Resampler>();
    const toOthers = (samples: Int16Array): void => {
      for (const other of this.#sinks.keys()) {
        if (other === line) continue;
        if (other.sampleRate === line.sampleRate) {
          other.hearPeer(samples);
          continue;
        }
        const resampler =
          resamplers.get(other) ?? createResampler(line.sampleRate, other.sampleRate);
        resamplers.set(other, resampler);
        other.hearPeer(resampler.process(samples));
      }
    };
    const sink: CallerSink = {
      audio: (samples) => {
        if (samples) toOthers(samples);
      },
      digit: () => {},
      mark: () => {},
    };
    this.#sinks.set(line, sink);
    line.connect(sink);
  }

  remove(line: PhoneLine): void {
    const sink = this.#sinks.get(line);
    this.#sinks.delete(line);
    if (sink) line.disconnect(sink);
  }
}
