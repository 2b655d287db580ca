import { MediaStreamTrack, RtpHeader, RtpPacket } from 'werift';

/** Negotiated where the peer chooses no other; werift's sender writes the one that holds. */
const OPUS_PAYLOAD_TYPE = 111;

/**
 * The audio track that a participant publishes. Stream's SDK publishes clones of it, a new one after each
 * rejoin, so what is written goes to all of them.
 */
export class OutgoingTrack extends MediaStreamTrack {
  readonly #clones: Set<OutgoingTrack>;

  constructor(clones: Set<OutgoingTrack> = new Set()) {
    super({ kind: 'audio' });
    this.#clones = clones;
    clones.add(this);
    this.addEventListener('ended', () => clones.delete(this));
  }

  override clone(): OutgoingTrack {
    return new OutgoingTrack(this.#clones);
  }

  /** What a browser's track tells of its device: there is none. */
  getSettings(): Readonly<Record<string, never>> {
    return {};
  }

  /** Sends a packet on all clones that are published. The payload is kept: do not write to it afterwards. */
  send(
    sequenceNumber: number,
    timestamp: number,
    startsAfterPause: boolean,
    payload: Buffer,
  ): void {
    const header = new RtpHeader({
      payloadType: OPUS_PAYLOAD_TYPE,
      sequenceNumber,
      timestamp,
      marker: startsAfterPause,
    });
    const packet = new RtpPacket(header, payload);
    // Senders copy the header that they change; werift's own `writeRtp` would copy all of it thrice.
    for (const track of this.#clones) track.onReceiveRtp.execute(packet);
  }
}
