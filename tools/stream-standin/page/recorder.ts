/** Hands every block of samples to the page. */
interface RecorderScope {
  registerProcessor(name: string, processor: unknown): void;
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort };
}
const scope = globalThis as unknown as RecorderScope;

class Recorder extends scope.AudioWorkletProcessor {
  process([channels]: Float32Array[][]): boolean {
    const [samples] = channels ?? [];
    if (samples !== undefined) this.port.postMessage(samples.slice());
    return true;
  }
}

scope.registerProcessor('recorder', Recorder);
