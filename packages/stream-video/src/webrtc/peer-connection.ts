import type { RTCPeerConnectionConfig } from 'werift';
import { RTCPeerConnection as WeriftPeerConnection, useOPUS, useVP8 } from 'werift';
import { prepareSrtpKeys } from './srtp-keys.ts';

interface SessionDescription {
  readonly type: 'offer' | 'answer';
  sdp: string;
}

/** How long a negotiation waits for the one before it to become a connection. */
const SETTLE_TIMEOUT_MS = 3_000;

let usesLoopback = false;

/** From now on connections also try 127.0.0.1, where a media server on this machine may listen. */
export function allowLoopback(): void {
  usesLoopback = true;
}

/** werift's peer connection as Stream's SDK wants it. */
export class PeerConnection extends WeriftPeerConnection {
  constructor(config: RTCPeerConnectionConfig = {}) {
    super({
      ...config,
      // Video is never sent or watched, but the SDK's first offers hold it, to show what is supported.
      codecs: { audio: [useOPUS({ payloadType: 111 })], video: [useVP8({ payloadType: 96 })] },
      ...(usesLoopback ? { iceAdditionalHostAddresses: ['127.0.0.1'] } : {}),
    });
    this.connectionStateChange.subscribe((state) => {
      if (state === 'connected') for (const dtls of this.dtlsTransports) prepareSrtpKeys(dtls);
    });
  }

  // The SDK writes to the descriptions that it gets.
  override async createOffer(
    options?: Parameters<WeriftPeerConnection['createOffer']>[0],
  ): Promise<never> {
    return plain(await super.createOffer(options)) as never;
  }

  override async createAnswer(): Promise<never> {
    return plain(await super.createAnswer()) as never;
  }

  override async setRemoteDescription(
    description: Parameters<WeriftPeerConnection['setRemoteDescription']>[0],
  ): Promise<void> {
    await this.#settled();
    await super.setRemoteDescription(description);
    this.#resumeAfterIceRestart();
  }

  override async setLocalDescription(
    description?: Parameters<WeriftPeerConnection['setLocalDescription']>[0],
  ): Promise<never> {
    const result: unknown = await super.setLocalDescription(description as undefined);
    this.#resumeAfterIceRestart();
    return result as never;
  }

  override async close(): Promise<void> {
    for (const { dtls } of this.dtlsTransports) {
      // A handshake that is under way would go on repeating itself for half a minute.
      if (dtls) dtls.dtls.flight = Number.POSITIVE_INFINITY;
    }
    await super.close();
  }

  /**
   * Waits while the connection is being made: negotiated with in the meantime, werift would do its checks
   * and its DTLS handshake a second time, and be left between two states.
   */
  async #settled(): Promise<void> {
    if (this.connectionState !== 'connecting') return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        subscription.unSubscribe();
        resolve();
      };
      const timer = setTimeout(finish, SETTLE_TIMEOUT_MS);
      const subscription = this.connectionStateChange.subscribe((state) => {
        if (state !== 'connecting') finish();
      });
    });
  }

  /**
   * Begins the checks of a new ICE generation. Once DTLS is connected werift takes a connection for made,
   * and after a restart of ICE nothing would be sent any more.
   */
  #resumeAfterIceRestart(): void {
    if (this.signalingState !== 'stable') return;
    for (const dtls of this.dtlsTransports) {
      const { state, connection } = dtls.iceTransport;
      const isRestarted = state !== 'connected' && state !== 'checking' && state !== 'closed';
      if (dtls.state !== 'connected' || !isRestarted || connection.remoteUsername === '') continue;
      // A failure shows in its state, to which the SDK listens.
      dtls.iceTransport.start().catch(() => {});
    }
  }
}

function plain({ type, sdp }: { readonly type: string; readonly sdp: string }): SessionDescription {
  return { type: type as SessionDescription['type'], sdp };
}
