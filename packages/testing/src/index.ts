export type {
  ScriptItem,
  ScriptedAnswer,
  ScriptedModel,
  ScriptedModelOptions,
  ScriptedRequest,
  ScriptedToolCall,
} from '@phone-agents/agent/testing';
export { scriptedModel } from '@phone-agents/agent/testing';
export type { TextSpeechOptions } from './agent-under-test.ts';
export type { CallAgentOptions, Caller } from './call-agent.ts';
export { callAgent } from './call-agent.ts';
export type { CarrierName } from './virtual-phone/media-protocol.ts';
export type { TransferTarget } from './virtual-phone/virtual-network.ts';
