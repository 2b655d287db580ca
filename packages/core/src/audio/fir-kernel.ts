/** Runs filters over a memory of its own, in which taps, inputs and outputs lie, all addressed by index. */
export interface FirKernel {
  readonly kind: 'webassembly' | 'javascript';
  readonly memory: Float32Array;
  /**
   * Adds to each of `count` outputs, from index `output` on, the sum over `j` of
   * `memory[taps + j] * memory[input + i + j]`, in this order: an output's bits do not depend on its place.
   *
   * Outputs are made in groups of {@link FIR_GROUP}: up to one group less one beyond the count may be read
   * and overwritten.
   */
  run(taps: number, tapCount: number, input: number, output: number, count: number): void;
}

/** Outputs that may be made at once. Frames of 160, 320 and 480 are whole groups. */
export const FIR_GROUP = 32;

/** Size of a kernel's memory: one page of WebAssembly. */
export const FIR_MEMORY_FLOATS = 16_384;

/** The kernel in plain JavaScript, for where WebAssembly is switched off (`node --jitless`); some five times dearer. */
export function createPortableFirKernel(): FirKernel {
  const memory = new Float32Array(FIR_MEMORY_FLOATS);
  return {
    kind: 'javascript',
    memory,
    run(taps, tapCount, input, output, count) {
      // Four outputs at once, so that each tap and each sample is loaded once for four products.
      for (let i = 0; i < count; i += 4) {
        const from = input + i;
        const to = output + i;
        let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
        let sample0 = memory[from]!;
        let sample1 = memory[from + 1]!;
        let sample2 = memory[from + 2]!;
        for (let j = 0; j < tapCount; j++) {
          const tap = memory[taps + j]!;
          const sample3 = memory[from + 3 + j]!;
          sum0 += tap * sample0;
          sum1 += tap * sample1;
          sum2 += tap * sample2;
          sum3 += tap * sample3;
          sample0 = sample1;
          sample1 = sample2;
          sample2 = sample3;
        }
        memory[to]! += sum0;
        memory[to + 1]! += sum1;
        memory[to + 2]! += sum2;
        memory[to + 3]! += sum3;
      }
    },
  };
}
