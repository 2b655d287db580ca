export type { EnergyDetectorOptions } from './energy-detector.ts';
export { createEnergyDetector } from './energy-detector.ts';
export { decodeTones, encodeTones } from './tone-code.ts';
export type { ToneSpeech, ToneSpeechOptions } from './tone-speech.ts';
export { createToneSpeech } from './tone-speech.ts';
