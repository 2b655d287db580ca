export type { DeepgramErrorCode, DeepgramErrorOptions } from './deepgram-error.ts';
export { DeepgramError } from './deepgram-error.ts';
export type { DeepgramEncoding, DeepgramSpeechToTextOptions } from './deepgram-settings.ts';
export { deepgramSpeechToText } from './deepgram-speech-to-text.ts';
