export type { ConformanceCase, PassTime } from './conformance.ts';
export { SubjectTime } from './conformance.ts';
export type { EdgeConformanceSubject } from './edge-conformance.ts';
export { edgeConformanceCases } from './edge-conformance.ts';
export type { LoopbackMediaSockets } from './loopback-media-socket.ts';
export { LoopbackMediaSocket, createLoopbackMediaSockets } from './loopback-media-socket.ts';
export { ManualClock } from './manual-clock.ts';
export type { ProviderTraits } from './provider-conformance.ts';
export {
  callControlConformanceCases,
  outboundConformanceCases,
  providerConformanceCases,
} from './provider-conformance.ts';
export type {
  CreateProviderSubject,
  ProviderConformanceSubject,
  ProviderSubjectRequest,
} from './provider-stage.ts';
export type { RunningSetup } from './running-setup.ts';
export { startSetupProgram } from './running-setup.ts';
export type {
  SimulatedCall,
  SimulatedCallEnd,
  SimulatedCallOptions,
  SimulatedCarrier,
  SimulatedPhone,
} from './simulated-carrier.ts';
export type { LogLine } from './test-logger.ts';
export { TestLogger } from './test-logger.ts';
export { TestMediaSocket } from './test-media-socket.ts';
export { ToneEar, ToneGenerator, toneSamples, toneShare } from './tone.ts';
