import type { RTCPeerConnectionConfig } from 'werift';
import { RTCPeerConnection as WeriftPeerConnection, useOPUS, useVP8 } from 'werift';

interface SessionDescription {
  readonly type: 'offer' | 'answer';
  sdp: string;
}

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
}

function plain({ type, sdp }: { readonly type: string; readonly sdp: string }): SessionDescription {
  return { type: type as SessionDescription['type'], sdp };
}
