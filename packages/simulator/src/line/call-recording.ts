import { encodeWav } from '@phone-agents/core';

/** Both directions of one call on one time line, kept frame by frame. */
export class CallRecording {
  readonly #sampleRate: number;
  #caller: Int16Array;
  #heard: Int16Array;
  #length = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#caller = new Int16Array(sampleRate);
    this.#heard = new Int16Array(sampleRate);
  }

  /** Adds one frame of each direction; both have the same length. */
  append(caller: Int16Array, heard: Int16Array): void {
    const end = this.#length + caller.length;
    if (end > this.#caller.length) {
      this.#caller = grown(this.#caller);
      this.#heard = grown(this.#heard);
    }
    this.#caller.set(caller, this.#length);
    this.#heard.set(heard, this.#length);
    this.#length = end;
  }

  /** A stereo WAV file: left what the caller said, right what the caller heard. */
  wav(): Uint8Array {
    return encodeWav({
      sampleRate: this.#sampleRate,
      channels: [this.#caller.subarray(0, this.#length), this.#heard.subarray(0, this.#length)],
    });
  }
}

function grown(samples: Int16Array): Int16Array {
  const larger = new Int16Array(samples.length * 2);
  larger.set(samples);
  return larger;
}
