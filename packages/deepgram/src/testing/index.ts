export type {
  DeepgramRefusal,
  DeepgramStandIn,
  DeepgramStandInConnection,
  DeepgramStandInOptions,
  Hear,
} from './deepgram-stand-in.ts';
export { createDeepgramStandIn } from './deepgram-stand-in.ts';
export type {
  DeepgramStandInMessage,
  DeepgramStandInMetadata,
  DeepgramStandInResults,
  ResultsOptions,
} from './stand-in-messages.ts';
