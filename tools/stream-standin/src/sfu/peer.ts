import { RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import { LOCAL_ADDRESS } from '../local-server.ts';

/** What media servers negotiate; other codecs are refused. */
export const OPUS_PAYLOAD_TYPE = 111;

/**
 * A peer connection of a media server. As servers with a known address do, it is an ICE lite agent (RFC 8445 section
 * 2.5): it answers the client's checks and makes none, so it needs no STUN server and follows a client whose address
 * changes.
 */
export function createServerPeer(answersChecks: () => boolean): RTCPeerConnection {
  return new RTCPeerConnection({
    bundlePolicy: 'max-bundle',
    codecs: {
      audio: [
        new RTCRtpCodecParameters({
          mimeType: 'audio/opus',
          clockRate: 48_000,
          channels: 2,
          payloadType: OPUS_PAYLOAD_TYPE,
          parameters: 'minptime=10;useinbandfec=1',
        }),
      ],
      video: [],
    },
    headerExtensions: { audio: [], video: [] },
    iceServers: [],
    iceLite: true,
    // No address of this machine's interfaces but the given one.
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: [LOCAL_ADDRESS],
    iceInterfaceAddresses: { udp4: LOCAL_ADDRESS },
    iceFilterStunResponse: answersChecks,
  });
}

/**
 * Begins the checks of a new ICE generation. werift does so by itself for the first one only: once DTLS is connected
 * it takes a restart for done, and nothing would be sent any more.
 */
export function resumeAfterIceRestart(peer: RTCPeerConnection): void {
  for (const transport of peer.iceTransports) {
    const { state, connection } = transport;
    const isRestarted = state !== 'connected' && state !== 'checking' && state !== 'closed';
    if (isRestarted && connection.remoteUsername !== '') transport.start().catch(() => undefined);
  }
}
