export type { EnergyDetectorOptions } from './energy-detector.ts';
export { createEnergyDetector } from './energy-detector.ts';
export type {
  ScriptItem,
  ScriptedAnswer,
  ScriptedModel,
  ScriptedModelOptions,
  ScriptedRequest,
  ScriptedToolCall,
} from './scripted-model.ts';
export { scriptedModel } from './scripted-model.ts';
export type { ToneVoice } from './tone-code.ts';
export { decodeTones, encodeTones, readTones } from './tone-code.ts';
export type {
  ToneConversation,
  ToneItem,
  ToneRealtimeModel,
  ToneRealtimeOptions,
  ToneReply,
  ToneThought,
} from './tone-realtime.ts';
export { createToneRealtimeModel } from './tone-realtime.ts';
export type { ToneSpeech, ToneSpeechOptions } from './tone-speech.ts';
export { createToneSpeech } from './tone-speech.ts';
