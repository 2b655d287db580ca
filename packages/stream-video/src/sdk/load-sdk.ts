import type * as VideoClient from '@stream-io/video-client';
import { installWebRtcGlobals } from '../webrtc/globals.ts';

/** Stream's SDK as it is loaded. */
export type VideoSdk = typeof VideoClient;

let sdk: Promise<VideoSdk> | undefined;

/** Loads Stream's SDK when the first call is joined; it looks for a browser's globals then. */
export function loadVideoSdk(): Promise<VideoSdk> {
  installWebRtcGlobals();
  sdk ??= import('@stream-io/video-client').catch((error: unknown) => {
    sdk = undefined;
    throw error;
  });
  return sdk;
}
