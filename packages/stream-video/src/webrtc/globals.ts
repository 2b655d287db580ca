import { MediaStream, MediaStreamTrack, RTCIceCandidate, RTCSessionDescription } from 'werift';
import { PeerConnection } from './peer-connection.ts';

/** Only asked for by `instanceof`. */
class RTCPeerConnectionIceErrorEvent {}

let isInstalled = false;

/**
 * Gives this process the globals of a browser that Stream's SDK looks for when it joins a call. What is
 * there already, from another library or a later Node, is left as it is. Called when the first call is
 * joined, never on import.
 */
export function installWebRtcGlobals(): void {
  if (isInstalled) return;
  isInstalled = true;
  const wanted = {
    RTCPeerConnection: PeerConnection,
    MediaStream,
    MediaStreamTrack,
    RTCSessionDescription,
    RTCIceCandidate,
    RTCPeerConnectionIceErrorEvent,
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (name in globalThis) continue;
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}
