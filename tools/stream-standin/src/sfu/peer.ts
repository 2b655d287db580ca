import { createSecretKey } from 'node:crypto';
import { type RTCDtlsTransport, RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import { LOCAL_ADDRESS } from '../local-server.ts';

/** What media servers negotiate; other codecs are refused. */
export const OPUS_PAYLOAD_TYPE = 111;

export interface PeerEvents {
  /** Whether the client's checks are answered: not while the network is out. */
  answersChecks(): boolean;
  /** The connection could not be made, or broke for good. */
  failed(): void;
}

/**
 * A peer connection of a media server. As servers with a known address do, it is an ICE lite agent (RFC 8445 section
 * 2.5): it answers the client's checks and makes none, so it needs no STUN server and follows a client whose address
 * changes.
 */
export function createServerPeer(events: PeerEvents): RTCPeerConnection {
  const peer = new RTCPeerConnection({
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
    iceFilterStunResponse: () => events.answersChecks(),
  });
  peer.connectionStateChange.subscribe((state) => {
    if (state === 'failed') events.failed();
    if (state === 'connected') for (const dtls of peer.dtlsTransports) prepareSrtpKeys(dtls);
  });
  return peer;
}

/** Node 24 takes three times as long for a packet whose key is given as bytes. */
function prepareSrtpKeys({ srtp, srtcp }: RTCDtlsTransport): void {
  for (const { localContext, remoteContext } of [srtp, srtcp]) {
    for (const { cipher } of [localContext, remoteContext]) {
      for (const [name, key] of Object.entries(cipher)) {
        if (/(Key|AuthTag)$/.test(name) && Buffer.isBuffer(key)) {
          Reflect.set(cipher, name, createSecretKey(key));
        }
      }
    }
  }
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

/** How long a negotiation waits for the one before it to become a connection. */
const SETTLE_TIMEOUT_MS = 3_000;

/**
 * Resolves when the peer connection is not just being made. werift cannot be negotiated with in the meantime: it would
 * run its checks and its DTLS handshake a second time, and be left between two states.
 */
export async function settled(peer: RTCPeerConnection): Promise<void> {
  if (peer.connectionState !== 'connecting') return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      subscription.unSubscribe();
      resolve();
    };
    const timer = setTimeout(finish, SETTLE_TIMEOUT_MS);
    const subscription = peer.connectionStateChange.subscribe((state) => {
      if (state !== 'connecting') finish();
    });
  });
}
