import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm';

/** Samples of one window at 16 kHz: 32 ms, the only length that the model was trained on. */
export const WINDOW_SAMPLES = 512;
/** The model also sees the end of the window before. */
const CONTEXT_SAMPLES = 64;
const INPUT_SAMPLES = CONTEXT_SAMPLES + WINDOW_SAMPLES;
const STATE_LAYERS = 2;
const STATE_SIZE = 128;
const MODEL_FILE = '@ricky0123/vad-web/dist/silero_vad_v6.onnx';
const WASM_FILE = 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

/** What both builds of ONNX Runtime have in common and this needs. */
interface OnnxRuntime {
  readonly env: { logLevel?: string | undefined; wasm: object };
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: 'float32' | 'int64',
    data: Float32Array | BigInt64Array,
    dims: readonly number[],
  ) => Tensor;
}

/** What the model remembers of one stream. */
export class SileroState {
  readonly layers: readonly Float32Array[] = [
    new Float32Array(STATE_SIZE),
    new Float32Array(STATE_SIZE),
  ];
  readonly context = new Float32Array(CONTEXT_SAMPLES);
}

/** One window of one stream; windows of a stream are analysed in order. */
export interface SileroWindow {
  readonly state: SileroState;
  /** 512 samples at 16 kHz. */
  readonly samples: Int16Array;
}

/** Silero's voice activity model, version 6, for a worker thread: its runs block. */
export class SileroModel {
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #rate: Tensor;

  private constructor(runtime: OnnxRuntime, session: InferenceSession) {
    this.#runtime = runtime;
    this.#session = session;
    this.#rate = new runtime.Tensor('int64', BigInt64Array.of(16_000n), []);
  }

  /** Loads it on `onnxruntime-node` where that is installed, else on `onnxruntime-web`'s WebAssembly. */
  static async load(): Promise<SileroModel> {
    const require = createRequire(import.meta.url);
    const model = readFileSync(require.resolve(MODEL_FILE));
    const native = await importNativeRuntime();
    if (native !== undefined) {
      const session = await native.InferenceSession.create(model, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      });
      return new SileroModel(native, session);
    }
    const runtime = (await import('onnxruntime-web/wasm')) as unknown as OnnxRuntime;
    runtime.env.logLevel = 'error';
    Object.assign(runtime.env.wasm, {
      numThreads: 1,
      wasmBinary: readFileSync(require.resolve(WASM_FILE)),
    });
    const session = await runtime.InferenceSession.create(model, { executionProviders: ['wasm'] });
    return new SileroModel(runtime, session);
  }

  /**
   * The probability of speech in each window. Windows of different streams share one run, which
   * costs less than half as much each; a stream may occur once.
   */
  async run(windows: readonly SileroWindow[]): Promise<Float32Array> {
    const count = windows.length;
    const input = new Float32Array(count * INPUT_SAMPLES);
    const state = new Float32Array(STATE_LAYERS * count * STATE_SIZE);
    windows.forEach((window, index) => {
      const at = index * INPUT_SAMPLES;
      input.set(window.state.context, at);
      for (let i = 0; i < WINDOW_SAMPLES; i += 1) {
        input[at + CONTEXT_SAMPLES + i] = (window.samples[i] as number) / 32768;
      }
      window.state.context.set(input.subarray(at + WINDOW_SAMPLES, at + INPUT_SAMPLES));
      window.state.layers.forEach((layer, which) => {
        state.set(layer, (which * count + index) * STATE_SIZE);
      });
    });
    const { Tensor } = this.#runtime;
    const result = await this.#session.run({
      input: new Tensor('float32', input, [count, INPUT_SAMPLES]),
      state: new Tensor('float32', state, [STATE_LAYERS, count, STATE_SIZE]),
      sr: this.#rate,
    });
    const next = result['stateN']?.data as Float32Array;
    windows.forEach((window, index) => {
      window.state.layers.forEach((layer, which) => {
        const at = (which * count + index) * STATE_SIZE;
        layer.set(next.subarray(at, at + STATE_SIZE));
      });
    });
    return result['output']?.data as Float32Array;
  }
}

async function importNativeRuntime(): Promise<OnnxRuntime | undefined> {
  // An optional peer: the compiler must not look for it.
  const name: string = 'onnxruntime-node';
  try {
    return (await import(name)) as OnnxRuntime;
  } catch {
    return undefined;
  }
}
