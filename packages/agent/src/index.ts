export type { AgentSession } from './session.ts';
export { AudioPublisher } from './speaking/audio-publisher.ts';
export type { RealtimeAgentOptions } from './realtime/realtime-options.ts';
export type {
  RealtimeAudioReceived,
  RealtimeCallerTranscribed,
  RealtimeConnectOptions,
  RealtimeConnection,
  RealtimeConnectionClosed,
  RealtimeConnectionLost,
  RealtimeConnectionRestored,
  RealtimeEvent,
  RealtimeModel,
  RealtimeResponseEnded,
  RealtimeResponseStarted,
  RealtimeSpeechStarted,
  RealtimeTextReceived,
  RealtimeTool,
  RealtimeToolCalled,
  RealtimeTurnEnded,
} from './realtime-model.ts';
export type { ReconnectorOptions } from './reconnector.ts';
export { Reconnector } from './reconnector.ts';
export type {
  ConversationMessage,
  RespondFunction,
  Responder,
  ResponderReply,
  ResponderRequest,
} from './thinking/responder.ts';
export type {
  AgentSessionEvents,
  AgentState,
  AgentStateChanged,
  AnswerSource,
  CallerInput,
  InterruptionAccepted,
  SpeechResumed,
  ToolCallEnded,
  TurnFailed,
  TranscriptEntry,
  TurnMeasurement,
} from './session-events.ts';
export type {
  SpeechToText,
  SpeechToTextHints,
  SpeechToTextOptions,
  SpeechToTextStream,
  Transcript,
} from './listening/speech-to-text.ts';
export { recognizeSpeech } from './listening/recognize-speech.ts';
export type { RenderSpeechOptions } from './speaking/render-speech.ts';
export { renderSpeech } from './speaking/render-speech.ts';
export type { SynthesisOptions, TextToSpeech } from './speaking/text-to-speech.ts';
export type { ConversationItem, ConversationJson } from './record/conversation-record.ts';
export { ConversationRecord } from './record/conversation-record.ts';
export { speakableText } from './speaking/speakable-text.ts';
export type { AgentInstructions, AgentTools, ToolContext } from './thinking/agent-tools.ts';
export type { CollectDigitsOptions, CollectedDigits } from './digit-input.ts';
export type { PhoneToolsOptions } from './thinking/phone-tools.ts';
export type { ModelOptions } from './thinking/model-options.ts';
export type { AgentSpeech, SpeechOutcome } from './speaking/utterance.ts';
export type {
  VoiceActivity,
  VoiceActivityDetector,
  VoiceActivityOptions,
  VoiceActivityStream,
} from './listening/voice-activity-detector.ts';
export type { ChangeOptions, VoiceAgent, VoiceAgentEvents } from './voice-agent.ts';
export type {
  ApologyTexts,
  FillerOptions,
  IsTurnComplete,
  SilenceOptions,
  TimeLimitOptions,
  TurnToJudge,
  VoiceAgentOptions,
} from './voice-agent-options.ts';
export { createVoiceAgent } from './voice-agent.ts';
export { phoneTools } from './thinking/phone-tools.ts';
export { withTimeout } from './thinking/tool-timeouts.ts';
