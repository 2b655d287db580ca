import type { RecordedBlock } from './page-interface.ts';

/** Hands every block of samples to the page. */
interface RecorderScope {
  registerProcessor(name: string, processor: unknown): void;
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort };
}
const scope = globalThis as unknown as RecorderScope;

class Recorder extends scope.AudioWorkletProcessor {
  process([channels]: Float32Array[][]): boolean {
    const [samples] = channels ?? [];
    if (samples !== undefined) {
      const block: RecordedBlock = { samples: samples.slice(), atMs: Date.now() };
      this.port.postMessage(block);
    }
    return true;
  }
}

scope.registerProcessor('recorder', Recorder);
