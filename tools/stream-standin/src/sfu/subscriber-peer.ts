import type { RTCPeerConnection, RTCRtpTransceiver } from 'werift';
import type { PacketPath } from './packet-path.ts';
import { createServerPeer, type PeerEvents, resumeAfterIceRestart, settled } from './peer.ts';
import type { PublishedTrack } from './published-track.ts';

/** An offer to a client; its answer names the same number. */
export interface SubscriberOffer {
  readonly sdp: string;
  readonly negotiationId: number;
  readonly iceRestart: boolean;
}

interface Forwarded {
  readonly transceiver: RTCRtpTransceiver;
  readonly stop: () => void;
}

/** A client that has only just joined may not listen yet, so the first offer comes a little later… */
const FIRST_OFFER_DELAY_MS = 50;
/** …and an offer that got lost comes again, when even a slow client would have answered. */
const REPEAT_OFFER_MS = 5_000;
/** The time from one packet of Opus to the next, in units of its RTP clock, for a track whose source changes. */
const PACKET_TIMESTAMP_STEP = 960;

/** The peer connection over which a participant hears the others: this side offers, one offer at a time. */
export class SubscriberPeer {
  readonly #path: PacketPath;
  readonly #send: (offer: SubscriberOffer) => void;
  readonly #forwarded = new Map<PublishedTrack, Forwarded>();
  readonly #peer: RTCPeerConnection;
  #negotiationId = 0;
  #isNegotiating = false;
  #isChanged = false;
  #mustRestartIce = false;
  #isClosed = false;
  /** Until the offer, or until its answer. */
  #timer: NodeJS.Timeout | undefined;

  constructor(path: PacketPath, events: PeerEvents, send: (offer: SubscriberOffer) => void) {
    this.#path = path;
    this.#send = send;
    this.#peer = createServerPeer(events);
  }

  /**
   * Begins to forward a track.
   *
   * @param streamId How the client finds out whose track it is: the participant's prefix and the track's type.
   */
  add(track: PublishedTrack, streamId: string): void {
    if (this.#isClosed || this.#forwarded.has(track)) return;
    const transceiver = this.#peer.addTransceiver('audio', { direction: 'sendonly' });
    const { sender } = transceiver;
    sender.streamIds = [streamId];
    const stop = track.listen((packet, isNewSource) => {
      if (isNewSource) sender.replaceRTP(packet.header, false, PACKET_TIMESTAMP_STEP);
      this.#path.carry(packet, (arriving) => {
        if (!this.#isClosed) sender.sendRtp(arriving).catch(() => undefined);
      });
    });
    this.#forwarded.set(track, { transceiver, stop });
    this.#change();
  }

  remove(track: PublishedTrack): void {
    const forwarded = this.#forwarded.get(track);
    if (forwarded === undefined) return;
    this.#forwarded.delete(track);
    forwarded.stop();
    forwarded.transceiver.stop();
    this.#change();
  }

  /** Offers with new ICE credentials, if there is anything to hear. */
  restartIce(): void {
    if (this.#peer.remoteDescription === null) return;
    this.#mustRestartIce = true;
    this.#change();
  }

  /** Takes the answer to the last offer; a late answer to an earlier one is ignored. */
  async acceptAnswer(sdp: string, negotiationId: number): Promise<void> {
    if (this.#isClosed || !this.#isNegotiating || negotiationId !== this.#negotiationId) return;
    clearInterval(this.#timer);
    await this.#peer.setRemoteDescription({ type: 'answer', sdp });
    resumeAfterIceRestart(this.#peer);
    this.#isNegotiating = false;
    if (this.#isChanged) this.#change();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#path.close();
    for (const { stop } of this.#forwarded.values()) stop();
    this.#forwarded.clear();
    await this.#peer.close();
  }

  #change(): void {
    this.#isChanged = true;
    if (this.#isNegotiating || this.#isClosed) return;
    this.#isNegotiating = true;
    // Several tracks that come at once make one offer.
    const delayMs = this.#peer.remoteDescription === null ? FIRST_OFFER_DELAY_MS : 0;
    this.#timer = setTimeout(() => void this.#negotiate(), delayMs);
  }

  async #negotiate(): Promise<void> {
    await settled(this.#peer);
    if (this.#isClosed) return;
    this.#isChanged = false;
    const iceRestart = this.#mustRestartIce;
    this.#mustRestartIce = false;
    const offer = await this.#peer.createOffer({ iceRestart });
    await this.#peer.setLocalDescription(offer);
    const sdp = this.#peer.localDescription?.sdp ?? '';
    const negotiationId = ++this.#negotiationId;
    if (this.#isClosed) return;
    this.#send({ sdp, negotiationId, iceRestart });
    this.#timer = setInterval(
      () => this.#send({ sdp, negotiationId, iceRestart }),
      REPEAT_OFFER_MS,
    );
  }
}
