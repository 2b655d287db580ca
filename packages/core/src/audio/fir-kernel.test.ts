import fc from 'fast-check';
import { createPortableFirKernel, FIR_GROUP, type FirKernel } from './fir-kernel.ts';
import { createWasmFirKernel } from './fir-wasm.ts';
import { FirWorkspace, MAX_STEPS, sharedFirWorkspace } from './fir-workspace.ts';
import { createPolyphaseFilter } from './polyphase-filter.ts';
import { placeFilter, PolyphaseStage } from './polyphase-stage.ts';

const kernels: [string, () => FirKernel][] = [
  ['in WebAssembly', createWasmFirKernel],
  ['in plain JavaScript', createPortableFirKernel],
];

function fillWithNoise(memory: Float32Array): void {
  let state = 99;
  for (let i = 0; i < memory.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    memory[i] = state / 2 ** 31 - 1;
  }
}

describe.each(kernels)('the filter kernel %s', (_, create) => {
  const kernel = create();

  test('adds to each output the sum of taps times samples, wherever they lie', () => {
    const index = fc.nat({ max: 500 });
    fc.assert(
      fc.property(
        index,
        fc.integer({ min: 1, max: 50 }),
        index,
        index,
        fc.integer({ min: 1, max: 500 }),
        (taps, tapCount, inputShift, outputShift, count) => {
          const { memory } = kernel;
          fillWithNoise(memory);
          const before = memory.slice();
          const input = 1000 + inputShift;
          const output = 4000 + outputShift;
          kernel.run(taps, tapCount, input, output, count);
          let worst = 0;
          for (let i = 0; i < count; i++) {
            let sum = before[output + i]!;
            for (let j = 0; j < tapCount; j++) sum += before[taps + j]! * before[input + i + j]!;
            worst = Math.max(worst, Math.abs(memory[output + i]! - sum));
          }
          expect(worst).toBeLessThan(1e-4);
          const end = output + Math.ceil(count / FIR_GROUP) * FIR_GROUP;
          const untouched = before.every(
            (value, i) => (i >= output && i < end) || value === memory[i],
          );
          expect(untouched).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('gives an output the same bits at any place in a run', () => {
    const { memory } = kernel;
    fillWithNoise(memory);
    memory.fill(0, 4000, 5000);
    kernel.run(0, 36, 1000, 4000, 400);
    const whole = memory.slice(4000, 4400);
    for (let shift = 1; shift < 40; shift++) {
      memory.fill(0, 4000, 5000);
      kernel.run(0, 36, 1000 + shift, 4000, 40);
      expect(memory.slice(4000, 4040)).toEqual(whole.slice(shift, shift + 40));
    }
  });
});

test('the kernel of the process is the one in WebAssembly, where there is WebAssembly', () => {
  expect(sharedFirWorkspace().kernel.kind).toBe('webassembly');
  expect(sharedFirWorkspace()).toBe(sharedFirWorkspace());
});

test('both kernels make the same samples of a stream, but for a rounding', () => {
  const filter = createPolyphaseFilter(3, 2, { ratio: 3, taps: 107, beta: 8.4 });
  const stages = kernels.map(
    ([, create]) => new PolyphaseStage(placeFilter(filter, new FirWorkspace(create()))),
  );
  const input = new Int16Array(320);
  for (let frame = 0; frame < 10; frame++) {
    input.forEach((_, i) => (input[i] = 20_000 * Math.sin((frame * 320 + i) ** 1.5 / 400)));
    const outputs = stages.map((stage) => {
      stage.loadSamples(input, 0, 320);
      stage.run();
      const output = new Int16Array(480);
      expect(stage.writeSamples(output, 0)).toBe(480);
      return output;
    });
    const differences = outputs[0]!.map((value, i) => Math.abs(value - outputs[1]![i]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    expect(differences.filter((difference) => difference > 0).length).toBeLessThan(20);
  }
});

test('a workspace refuses what would not fit', () => {
  const workspace = new FirWorkspace(createPortableFirKernel());
  expect(() => workspace.placeTaps(new Float64Array(20_000))).toThrow(RangeError);
  const long = createPolyphaseFilter(2, 1, { ratio: 2, taps: 301, beta: 8 });
  expect(() => placeFilter(long, workspace)).toThrow(RangeError);
  const filter = createPolyphaseFilter(2, 1, { ratio: 2, taps: 71, beta: 8 });
  const stage = new PolyphaseStage(placeFilter(filter, workspace));
  const tooMany = new Int16Array(MAX_STEPS + 1);
  expect(() => stage.loadSamples(tooMany, 0, tooMany.length)).toThrow(RangeError);
});
