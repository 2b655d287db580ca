import type { SfuModels } from '@stream-io/video-client';
import type { RTCPeerConnection, RTCRtpTransceiver } from 'werift';
import type { PacketPath } from './packet-path.ts';
import { createServerPeer, type PeerEvents, resumeAfterIceRestart, settled } from './peer.ts';
import type { PublishedTrack } from './published-track.ts';

/** What a client says about a track that it publishes: which it is, and in which section of its offer. */
export interface AnnouncedTrack {
  readonly type: SfuModels.TrackType;
  readonly mid: string;
  readonly isMuted: boolean;
}

/** The peer connection over which a participant sends: the client offers, this side answers. */
export class PublisherPeer {
  readonly #peer: RTCPeerConnection;
  readonly #path: PacketPath;
  readonly #trackOf: (type: SfuModels.TrackType) => PublishedTrack;
  readonly #heard = new Set<RTCRtpTransceiver>();
  #announced: readonly AnnouncedTrack[] = [];

  constructor(
    path: PacketPath,
    events: PeerEvents,
    trackOf: (type: SfuModels.TrackType) => PublishedTrack,
  ) {
    this.#peer = createServerPeer(events);
    this.#path = path;
    this.#trackOf = trackOf;
  }

  /** Answers an offer; an offer with new ICE credentials restarts ICE. */
  async answer(sdp: string, tracks: readonly AnnouncedTrack[]): Promise<string> {
    await settled(this.#peer);
    this.#announced = tracks;
    await this.#peer.setRemoteDescription({ type: 'offer', sdp });
    for (const transceiver of this.#peer.getTransceivers()) this.#hear(transceiver);
    const answer = await this.#peer.createAnswer();
    // The client begins the DTLS handshake: it knows when the connection is there, and werift, which begins it here as
    // soon as the first check has come, does not bear that its first messages get lost.
    const passive = answer.sdp.replaceAll('a=setup:active', 'a=setup:passive');
    await this.#peer.setLocalDescription({ type: 'answer', sdp: passive });
    resumeAfterIceRestart(this.#peer);
    return this.#peer.localDescription?.sdp ?? '';
  }

  async close(): Promise<void> {
    this.#path.close();
    await this.#peer.close();
  }

  #hear(transceiver: RTCRtpTransceiver): void {
    if (this.#heard.has(transceiver)) return;
    this.#heard.add(transceiver);
    transceiver.receiver.track.onReceiveRtp.subscribe((packet) => {
      this.#path.carry(packet, (arrived) => {
        const announced = this.#announced.find(({ mid }) => mid === transceiver.mid);
        if (announced !== undefined) this.#trackOf(announced.type).feed(this, arrived);
      });
    });
  }
}
