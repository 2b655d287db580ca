export { createStreamVideoEdge } from './stream-video-edge.ts';
export type { StreamVideoErrorCode } from './stream-video-error.ts';
export { StreamVideoError } from './stream-video-error.ts';
export type { StreamVideoEdgeOptions } from './stream-video-settings.ts';
