export type {
  ElevenLabsRefusal,
  ElevenLabsStandIn,
  ElevenLabsStandInOptions,
  ElevenLabsStandInRequest,
  Speak,
} from './elevenlabs-stand-in.ts';
export { createElevenLabsStandIn } from './elevenlabs-stand-in.ts';
