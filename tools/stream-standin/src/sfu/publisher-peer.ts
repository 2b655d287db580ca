import type { SfuModels } from '@stream-io/video-client';
import type { RTCPeerConnection, RTCRtpTransceiver } from 'werift';
import type { PacketPath } from './packet-path.ts';
import { createServerPeer, resumeAfterIceRestart } from './peer.ts';
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
    answersChecks: () => boolean,
    trackOf: (type: SfuModels.TrackType) => PublishedTrack,
  ) {
    this.#peer = createServerPeer(answersChecks);
    this.#path = path;
    this.#trackOf = trackOf;
  }

  /** Answers an offer; an offer with new ICE credentials restarts ICE. */
  async answer(sdp: string, tracks: readonly AnnouncedTrack[]): Promise<string> {
    this.#announced = tracks;
    await this.#peer.setRemoteDescription({ type: 'offer', sdp });
    for (const transceiver of this.#peer.getTransceivers()) this.#hear(transceiver);
    await this.#peer.setLocalDescription(await this.#peer.createAnswer());
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
