import type { RtpPacket } from 'werift';
import type { SfuModels } from '@stream-io/video-client';

type PacketSink = (packet: RtpPacket, isNewSource: boolean) => void;

/**
 * One track of one participant. It outlives the peer connection that feeds it: after a migration another one goes on
 * with it.
 */
export class PublishedTrack {
  readonly type: SfuModels.TrackType;
  isMuted = true;
  /** What came, muted or not. */
  packets = 0;
  readonly #sinks = new Set<PacketSink>();
  #source: object | undefined;

  constructor(type: SfuModels.TrackType) {
    this.type = type;
  }

  /** Hands a packet to all who listen. `source` is whatever tells one feeding connection from the next. */
  feed(source: object, packet: RtpPacket): void {
    const isNewSource = this.#source !== source;
    this.#source = source;
    this.packets++;
    if (this.isMuted) return;
    for (const sink of this.#sinks) sink(packet, isNewSource);
  }

  listen(sink: PacketSink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }
}
