export type {
  MountPhoneOptions,
  MountedPhone,
  PhoneApp,
  PhoneServingOptions,
} from './mount-phone.ts';
export { mountPhone } from './mount-phone.ts';
export type { PhoneServer, ServePhoneOptions } from './serve-phone.ts';
export { servePhone } from './serve-phone.ts';
export type { RequestHandler } from './webhook-handler.ts';
export type { WebSocketLike, WrapWebSocketOptions } from './wrap-websocket.ts';
export { wrapWebSocket } from './wrap-websocket.ts';
