import { FIR_GROUP, FIR_MEMORY_FLOATS, type FirKernel } from './fir-kernel.ts';

// The few WebAssembly instructions that the kernel needs, by the names of the specification (WebAssembly 2.0,
// chapter 5, "Binary Format"). Indexes and offsets are below 128, so that each takes one byte.
const op = {
  end: [0x0b],
  loop: [0x03, 0x40],
  continueIf: (depth: number) => [0x0d, depth],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  tee: (local: number) => [0x22, local],
  // A signed LEB128 in two bytes holds what is below 8,192.
  constant: (value: number) => [0x41, (value & 0x7f) | 0x80, value >> 7],
  add: [0x6a],
  isBelow: [0x49],
  vectorLoad: (offset: number) => [0xfd, 0x00, 2, offset],
  vectorLoadSplat: [0xfd, 0x09, 2, 0],
  vectorStore: (offset: number) => [0xfd, 0x0b, 2, offset],
  vectorAdd: [0xfd, 0xe4, 0x01],
  vectorMultiply: [0xfd, 0xe6, 0x01],
};
const I32 = 0x7f;
const V128 = 0x7b;
const FUNCTION = 0x60;

const VECTOR_BYTES = 16;
const FLOAT_BYTES = 4;
const GROUP_BYTES = FIR_GROUP * FLOAT_BYTES;
const VECTORS = GROUP_BYTES / VECTOR_BYTES;
const PAGE_BYTES = 65_536;

/** `run(taps, tapsEnd, input, output, outputEnd)`, all byte addresses; both loops run at least once. */
function kernelCode(): number[] {
  const [taps, tapsEnd, input, output, outputEnd] = [0, 1, 2, 3, 4] as const;
  const [tap, sample, factor] = [5, 6, 7] as const;
  const sums = Array.from({ length: VECTORS }, (_, i) => factor + 1 + i);
  const advance = (local: number, bytes: number) => [
    ...op.get(local),
    ...op.constant(bytes),
    ...op.add,
    ...op.tee(local),
  ];
  const perVector = (make: (sum: number, offset: number) => number[]) =>
    sums.flatMap((sum, i) => make(sum, i * VECTOR_BYTES));
  return [
    ...op.loop,
    ...perVector((sum, offset) => [...op.get(output), ...op.vectorLoad(offset), ...op.set(sum)]),
    ...[...op.get(taps), ...op.set(tap)],
    ...[...op.get(input), ...op.set(sample)],
    ...op.loop,
    ...[...op.get(tap), ...op.vectorLoadSplat, ...op.set(factor)],
    ...perVector((sum, offset) => [
      ...op.get(sample),
      ...op.vectorLoad(offset),
      ...op.get(factor),
      ...op.vectorMultiply,
      ...op.get(sum),
      ...op.vectorAdd,
      ...op.set(sum),
    ]),
    ...[...advance(sample, FLOAT_BYTES), ...op.set(sample)],
    ...[...advance(tap, FLOAT_BYTES), ...op.get(tapsEnd), ...op.isBelow, ...op.continueIf(0)],
    ...op.end,
    ...perVector((sum, offset) => [...op.get(output), ...op.get(sum), ...op.vectorStore(offset)]),
    ...[...advance(input, GROUP_BYTES), ...op.set(input)],
    ...[...advance(output, GROUP_BYTES), ...op.get(outputEnd), ...op.isBelow, ...op.continueIf(0)],
    ...op.end,
    ...op.end,
  ];
}

function kernelModule(): Uint8Array {
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const sized = (bytes: number[]) => [...lengthOf(bytes), ...bytes];
  const section = (id: number, bytes: number[]) => [id, ...sized(bytes)];
  const locals = [2, 2, I32, 1 + VECTORS, V128];
  const pages = (FIR_MEMORY_FLOATS * FLOAT_BYTES) / PAGE_BYTES;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, FUNCTION, 5, I32, I32, I32, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0x01, pages, pages]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('run'), 0, 0]),
    ...section(10, [1, ...sized([...locals, ...kernelCode()])]),
  ]);
}

/** A length in LEB128, two bytes at most. */
function lengthOf({ length }: number[]): number[] {
  return length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
}

/** As much of the WebAssembly interface as is used here: Node's types leave it to those of browsers. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/**
 * The kernel in WebAssembly with vector instructions: a module of 400 bytes, made on the spot.
 *
 * @throws Error where WebAssembly or its vector instructions are missing or switched off.
 */
export function createWasmFirKernel(): FirKernel {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyInterface })
    .WebAssembly;
  const exports = new Instance(new Module(kernelModule())).exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    run(taps: number, tapsEnd: number, input: number, output: number, outputEnd: number): void;
  };
  return {
    kind: 'webassembly',
    memory: new Float32Array(exports.memory.buffer),
    run(taps, tapCount, input, output, count) {
      exports.run(taps * 4, (taps + tapCount) * 4, input * 4, output * 4, (output + count) * 4);
    },
  };
}
