/** What TypeScript's DOM library leaves out of the scope in which audio worklets run. */
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: { lineRate: number } }) => AudioWorkletProcessor,
): void;

/** Rate of the audio context, in Hz. */
declare const sampleRate: number;

declare module '*?worker&url' {
  const url: string;
  export default url;
}

declare module '*.css' {}
