import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** The largest packet that is read or written; Opus packets of one frame have at most 1,275 bytes. */
export const MAX_PACKET_BYTES = 4_000;
/** The longest packet that Opus knows is 120 ms, at 48 kHz. */
const MAX_PACKET_SAMPLES = 5_760;

interface OpusExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(pointer: number): void;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(
    encoder: number,
    sampleRate: number,
    channels: number,
    application: number,
  ): number;
  opus_encoder_ctl_set(encoder: number, request: number, value: number): number;
  opus_encode(
    encoder: number,
    samples: number,
    frameSize: number,
    packet: number,
    maxBytes: number,
  ): number;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(decoder: number, sampleRate: number, channels: number): number;
  opus_decoder_ctl_set(decoder: number, request: number, value: number): number;
  opus_decode(
    decoder: number,
    packet: number,
    bytes: number,
    samples: number,
    frameSize: number,
    useRedundancy: number,
  ): number;
}

/** libopus said no; `code` is its own (RFC 6716's reference implementation, `opus_defines.h`). */
export class OpusError extends Error {
  readonly code: number;

  constructor(what: string, code: number) {
    super(`Opus could not ${what} (${code}).`);
    this.name = 'OpusError';
    this.code = code;
  }
}

/**
 * libopus as WebAssembly, as `@evan/opus` builds it, called directly: its own classes allocate for each
 * frame, free by the garbage collector, and cannot conceal a loss of one frame's length.
 *
 * All encoders and decoders share one memory, and the two buffers through which everything passes.
 */
export class OpusLibrary {
  readonly exports: OpusExports;
  readonly packetPointer: number;
  readonly samplesPointer: number;
  #packet: Uint8Array;
  #samples: Int16Array;

  constructor(exports: OpusExports) {
    this.exports = exports;
    this.packetPointer = exports.malloc(MAX_PACKET_BYTES);
    this.samplesPointer = exports.malloc(MAX_PACKET_SAMPLES * 2);
    this.#packet = this.#packetView();
    this.#samples = this.#samplesView();
  }

  /** Where packets go in and out; borrowed until the next call. */
  get packet(): Uint8Array {
    // Growing the memory detaches what was seen of it before.
    if (this.#packet.length === 0) this.#packet = this.#packetView();
    return this.#packet;
  }

  /** Where samples go in and out; borrowed until the next call. */
  get samples(): Int16Array {
    if (this.#samples.length === 0) this.#samples = this.#samplesView();
    return this.#samples;
  }

  check(result: number, what: string): number {
    if (result < 0) throw new OpusError(what, result);
    return result;
  }

  #packetView(): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, this.packetPointer, MAX_PACKET_BYTES);
  }

  #samplesView(): Int16Array {
    return new Int16Array(this.exports.memory.buffer, this.samplesPointer, MAX_PACKET_SAMPLES);
  }
}

/** As much of the WebAssembly interface as is used here: Node's types leave it to those of browsers. */
interface WebAssemblyInterface {
  instantiate(
    module: Uint8Array,
    imports: Readonly<Record<string, Readonly<Record<string, () => number>>>>,
  ): Promise<{ readonly instance: { readonly exports: unknown } }>;
}

let library: Promise<OpusLibrary> | undefined;

/** The process's one libopus, loaded when it is first asked for. */
export function loadOpus(): Promise<OpusLibrary> {
  library ??= instantiate().catch((error: unknown) => {
    library = undefined;
    throw error;
  });
  return library;
}

async function instantiate(): Promise<OpusLibrary> {
  const path = createRequire(import.meta.url).resolve('@evan/opus/wasm/simd.wasm');
  const nothing = (): number => 0;
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyInterface };
  const { instance } = await WebAssembly.instantiate(await readFile(path), {
    wasi_snapshot_preview1: {
      fd_close: nothing,
      fd_seek: nothing,
      fd_write: nothing,
      proc_exit: nothing,
    },
    // The views notice by themselves.
    env: { emscripten_notify_memory_growth: nothing },
  });
  return new OpusLibrary(instance.exports as OpusExports);
}
