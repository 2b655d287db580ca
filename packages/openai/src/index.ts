export type { OpenAIRealtimeErrorCode, OpenAIRealtimeErrorOptions } from './openai-error.ts';
export { OpenAIRealtimeError } from './openai-error.ts';
export { openaiRealtime } from './openai-realtime.ts';
export type {
  OpenAIAudioFormat,
  OpenAIRealtimeOptions,
  OpenAITurnDetection,
} from './openai-settings.ts';
