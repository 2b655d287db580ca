import { runFilter, runSingleTap } from './fir-kernel.ts';
import type { PolyphaseFilter } from './polyphase-filter.ts';

/**
 * One change of rate with its memory of the past. Samples stay in floating point between stages, so
 * that only the last one rounds.
 */
export class PolyphaseStage {
  /** What the last {@link run} made, from index 0. */
  output: Float64Array;
  readonly #filter: PolyphaseFilter;
  #branches: Float64Array[];
  #capacitySteps: number;

  /** @param capacitySteps Steps that one run is expected to have; more are allowed, and then kept room for. */
  constructor(filter: PolyphaseFilter, capacitySteps: number) {
    this.#filter = filter;
    this.#capacitySteps = capacitySteps;
    this.#branches = Array.from(
      { length: filter.down },
      () => new Float64Array(filter.history + capacitySteps),
    );
    this.output = new Float64Array(filter.up * capacitySteps);
  }

  /** Filters `count` samples, a multiple of `down`, and returns how many came out. */
  run(input: Int16Array | Float64Array, count: number): number {
    const { up, down, phases, history } = this.#filter;
    const steps = count / down;
    if (steps > this.#capacitySteps) this.#grow(steps);
    if (input instanceof Int16Array) this.#splitInt16(input, steps);
    else this.#splitFloat64(input, steps);
    const output = this.output;
    for (let phase = 0; phase < up; phase++) {
      let add = false;
      for (const { branch, taps, offset } of phases[phase]!) {
        const source = this.#branches[branch]!;
        const start = history + offset;
        if (taps.length === 1) {
          runSingleTap(taps[0]!, source, start, output, phase, up, steps, add);
        } else {
          runFilter(taps, source, start, output, phase, up, steps, add);
        }
        add = true;
      }
    }
    for (const branch of this.#branches) branch.copyWithin(0, steps, steps + history);
    return up * steps;
  }

  /** Forgets what came before. */
  reset(): void {
    for (const branch of this.#branches) branch.fill(0);
  }

  // Two copies of one loop: each then sees one kind of array, and runs several times faster.
  #splitInt16(input: Int16Array, steps: number): void {
    const { down, history } = this.#filter;
    for (let r = 0; r < down; r++) {
      const branch = this.#branches[r]!;
      for (let i = 0, from = r; i < steps; i++, from += down) branch[history + i] = input[from]!;
    }
  }

  #splitFloat64(input: Float64Array, steps: number): void {
    const { down, history } = this.#filter;
    for (let r = 0; r < down; r++) {
      const branch = this.#branches[r]!;
      for (let i = 0, from = r; i < steps; i++, from += down) branch[history + i] = input[from]!;
    }
  }

  #grow(steps: number): void {
    const { up, history } = this.#filter;
    this.#capacitySteps = steps;
    this.output = new Float64Array(up * steps);
    this.#branches = this.#branches.map((branch) => {
      const larger = new Float64Array(history + steps);
      larger.set(branch.subarray(0, history));
      return larger;
    });
  }
}
