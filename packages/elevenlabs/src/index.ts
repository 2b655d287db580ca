export type { ElevenLabsErrorCode, ElevenLabsErrorOptions } from './elevenlabs-error.ts';
export { ElevenLabsError } from './elevenlabs-error.ts';
export type {
  ElevenLabsFormat,
  ElevenLabsTextToSpeechOptions,
  ElevenLabsVoiceSettings,
} from './elevenlabs-settings.ts';
export { elevenLabsTextToSpeech } from './elevenlabs-text-to-speech.ts';
