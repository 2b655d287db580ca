export type { AudioCodec, AudioEncoding, AudioFormat, ByteOrder } from './audio/audio-codec.ts';
export { createAudioCodec } from './audio/audio-codec.ts';
export type { AudioFrame, SampleRate } from './audio/audio-frame.ts';
export { FRAME_DURATION_MS, copyAudioFrame, samplesPerFrame } from './audio/audio-frame.ts';
export { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './audio/g711.ts';
export { decodeL16, encodeL16 } from './audio/l16.ts';
export type { Mixer } from './audio/mixer.ts';
export { createMixer } from './audio/mixer.ts';
export type { Resampler } from './audio/resampler.ts';
export { resampleAll } from './audio/resample-all.ts';
export { createResampler } from './audio/resampler.ts';
export { SampleQueue } from './audio/sample-queue.ts';
export type { WavAudio } from './audio/wav.ts';
export { WavFormatError, decodeWav, encodeWav } from './audio/wav.ts';
export type { AttachPhoneOptions } from './bridge/phone-bridge.ts';
export { PhoneBridge, attachPhoneToCall } from './bridge/phone-bridge.ts';
export type { CallDisposer } from './calls/call-belongings.ts';
export type {
  CallControl,
  CallRecording,
  HangUpOptions,
  HoldOptions,
  HoldSound,
  LocalRecordingOptions,
  StartRecordingOptions,
  TransferOptions,
  TransferResult,
} from './calls/call-control.ts';
export type { CallEnd, CallEndReason } from './calls/call-end.ts';
export type {
  CallStateChanged,
  DigitReceived,
  PhoneCallEvents,
  TransferAnswered,
} from './calls/call-events.ts';
export type { CallCost, CallLookup, CallProgress } from './calls/call-lookup.ts';
export type { CallAnswered, CallOutcome } from './calls/call-outcome.ts';
export type {
  CallRegistryOptions,
  CreateCallOptions,
  CreatedCall,
  MediaTokenOptions,
} from './calls/call-registry.ts';
export { CallRegistry } from './calls/call-registry.ts';
export type {
  AdmitRequest,
  CallRecord,
  CallStore,
  MediaTokenRecord,
  TokenStatus,
} from './calls/call-store.ts';
export type { MachineDetected } from './calls/machine-detection.ts';
export { MemoryCallStore } from './calls/memory-call-store.ts';
export type {
  CallDetails,
  CallDirection,
  CallEndOptions,
  CallState,
  PhoneCallOptions,
} from './calls/phone-call.ts';
export { PhoneCall } from './calls/phone-call.ts';
export type { Clock, ClockTimer } from './clock/clock.ts';
export { delay, systemClock } from './clock/clock.ts';
export type { Ticker } from './clock/ticker.ts';
export { TICK_MS, sharedTicker } from './clock/ticker.ts';
export type {
  AnsweringMachine,
  AttachedPhone,
  EdgeCall,
  EdgeCallOptions,
  EdgeConnection,
  EdgeConnectionClosed,
  EdgeConnectionEvents,
  EdgeJoinOptions,
  EdgeMuteChanged,
  EdgeParticipant,
  EdgeParticipantContext,
  EdgeParticipantSession,
  EdgeTransport,
  EdgeUser,
} from './edge/edge.ts';
export type { LocalEdgeOptions } from './edge/local-edge.ts';
export { LocalEdge, createLocalEdge } from './edge/local-edge.ts';
export type {
  ConfigurationProblem,
  DialRule,
  PhoneAgentErrorOptions,
  ProviderRequestErrorOptions,
} from './errors.ts';
export {
  AudioFormatError,
  CallEndedError,
  CallNotFoundError,
  CallStateError,
  CommandUnsupportedError,
  ConfigurationError,
  DestinationUnknownError,
  DialRefusedError,
  MediaAdmissionError,
  PhoneAgentError,
  ProviderRequestError,
  WebhookVerificationError,
} from './errors.ts';
export type { Unsubscribe } from './events/emitter.ts';
export { Emitter } from './events/emitter.ts';
export type { LogFields, Logger } from './logging/logger.ts';
export { silentLogger } from './logging/logger.ts';
export { createRedactingLogger, maskPhoneNumber, redactText } from './logging/redact.ts';
export type { MediaPosition } from './media/inbound-framer.ts';
export type { JsonMediaProtocol, JsonObject } from './media/json-media-protocol.ts';
export { JsonMediaStream } from './media/json-media-stream.ts';
export type { MediaSocket, MediaSocketHandlers } from './media/media-socket.ts';
export type {
  MediaClosed,
  MediaStart,
  MediaStreamTraits,
  MediaTap,
  PhoneMediaStreamEvents,
  PhoneMediaStreamOptions,
} from './media/phone-media-stream.ts';
export { PhoneMediaStream } from './media/phone-media-stream.ts';
export type { PlayoutInterruption, PlayoutOptions } from './media/playout.ts';
export { Playout } from './media/playout.ts';
export type {
  CallAnnouncement,
  CallDecision,
  CallForwarding,
  CallRejection,
  MediaHandler,
  PhoneAnswer,
} from './phone/call-decision.ts';
export { routeByCalledNumber } from './phone/call-decision.ts';
export type { CallLimits } from './phone/call-limits.ts';
export type { DialOptions, OnMachine } from './phone/dial-options.ts';
export type { OutboundLimits } from './phone/outbound-limits.ts';
export type { DrainOptions, MediaAdmission } from './phone/phone.ts';
export type { PhoneEvents } from './phone/phone-events.ts';
export { Phone, createPhone } from './phone/phone.ts';
export type { PhoneOptions } from './phone/phone-options.ts';
export type { PublicUrl } from './phone/public-url.ts';
export { parsePublicUrl } from './phone/public-url.ts';
export type {
  HttpHeaders,
  MediaUpgradeRequest,
  WebhookRequest,
  WebhookResponse,
} from './phone/webhook.ts';
export { headerValue, textResponse } from './phone/webhook.ts';
export type { SettingReader } from './provider/provider-settings.ts';
export {
  isHttpUrl,
  isPhoneNumber,
  requireSetting,
  settingReader,
} from './provider/provider-settings.ts';
export type {
  CallAnswer,
  CallStatusReport,
  ConnectRequest,
  DialRequest,
  DigitsRequest,
  IncomingCallReport,
  MachineReport,
  ProviderHost,
  ProviderWebhook,
  RecordingReport,
  TelephonyProvider,
  TransferRequest,
} from './provider/telephony-provider.ts';
export type {
  Telemetry,
  TelemetryAttributes,
  TelemetrySpan,
  TelemetrySpanOptions,
} from './telemetry/telemetry.ts';
export { noTelemetry } from './telemetry/telemetry.ts';
