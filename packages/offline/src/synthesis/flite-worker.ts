import { Moved, serveThread } from '../worker/serve-thread.ts';
import { synthesizeWithFlite } from './flite.ts';
import type { FliteVoice } from './flite-voice.ts';

/** Silence before the first sound that is kept: flite puts 140 ms there, which would only delay. */
const LEAD_SAMPLES = 320;
const SILENCE_PEAK = 64;

serveThread({
  // A whole synthesis, so that the engine has compiled what a sentence needs.
  prepare: () => void synthesizeWithFlite('Hello, how are you today?', 'rms'),
  speak: ({ text, voice }: { text: string; voice: FliteVoice }) => {
    const whole = synthesizeWithFlite(text, voice);
    const first = whole.findIndex((sample) => Math.abs(sample) > SILENCE_PEAK);
    const samples = whole.slice(Math.max(0, first - LEAD_SAMPLES));
    return new Moved(samples, [samples.buffer]);
  },
});
