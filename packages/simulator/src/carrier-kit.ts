/** What a stand-in of another phone company is made of: `@phone-agents/simulator/carrier-kit`. */
export type {
  CarrierCall,
  CarrierCallEvent,
  CarrierCallProgress,
  CarrierCallTimes,
  CarrierWarning,
} from './carrier-call.ts';
export type { CarrierSocketEnd, CarrierSocketOptions } from './carrier-socket.ts';
export { CarrierSocket } from './carrier-socket.ts';
export type { LineCallOptions } from './line-call.ts';
export { LineCall } from './line-call.ts';
export type { TickListener } from './line/frame-ticker.ts';
export { FrameTicker } from './line/frame-ticker.ts';
export type { CallerSink, PhoneLine, PhoneLineOptions } from './line/phone-line.ts';
export type { HeardSpan, PlaybackBuffer } from './line/playback-buffer.ts';
export type { LocalHandler, LocalServer } from './local-server.ts';
export { readBody, sendJson, startLocalServer } from './local-server.ts';
