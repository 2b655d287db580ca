export type {
  Hear,
  OpenAIRealtimeStandIn,
  OpenAIRealtimeStandInOptions,
  OpenAIRealtimeStandInSession,
  OpenAIRefusal,
  Speak,
  StandInFault,
  StandInItem,
  Think,
  ThinkReply,
  ThinkRequest,
} from './openai-realtime-stand-in.ts';
export { createOpenAIRealtimeStandIn } from './openai-realtime-stand-in.ts';
