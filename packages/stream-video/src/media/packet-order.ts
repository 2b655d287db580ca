/** What ordering needs to know of an RTP packet. */
export interface OrderedPacket {
  readonly sequenceNumber: number;
  /** In ticks of the 48 kHz clock. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** More than this behind a gap are not held: what is missing does not come any more. */
const MAX_HELD = 10;
/** A jump this far, either way, is a stream that starts anew. */
const RESTART_DISTANCE = 500;

/**
 * Brings packets into the order of their sequence numbers. What comes in order passes at once; what comes
 * behind a gap is held until the gap is filled, or given up with {@link skip}.
 */
export class PacketOrder {
  readonly #release: (packet: OrderedPacket, lostBefore: number) => void;
  /** Behind the gap, by distance. */
  readonly #held: OrderedPacket[] = [];
  #next: number | undefined;

  /** @param release Gets the packets in order, each with the number of those lost before it. */
  constructor(release: (packet: OrderedPacket, lostBefore: number) => void) {
    this.#release = release;
  }

  /** Whether packets are held because some before them are missing. */
  get isWaiting(): boolean {
    return this.#held.length > 0;
  }

  /** Takes a packet as it comes from the network; what is late or was there already is dropped. */
  push(packet: OrderedPacket): void {
    this.#next ??= packet.sequenceNumber;
    const distance = this.#distance(packet);
    if (distance === 0) {
      this.#pass(packet, 0);
      this.#passFollowing();
    } else if (Math.abs(distance) > RESTART_DISTANCE) {
      this.flush();
      this.#pass(packet, 0);
    } else if (distance > 0) {
      this.#hold(packet, distance);
      if (this.#held.length > MAX_HELD) this.skip();
    }
  }

  /** Gives up what is missing before the first held packet. */
  skip(): void {
    const packet = this.#held.shift();
    if (!packet) return;
    this.#pass(packet, this.#distance(packet));
    this.#passFollowing();
  }

  /** Gives up everything that is missing. */
  flush(): void {
    while (this.isWaiting) this.skip();
  }

  /** Forgets everything: the next packet is the first. */
  reset(): void {
    this.#held.length = 0;
    this.#next = undefined;
  }

  /** How far behind the next expected packet it is; negative where it is before that. */
  #distance({ sequenceNumber }: OrderedPacket): number {
    return ((sequenceNumber - this.#next!) << 16) >> 16;
  }

  #hold(packet: OrderedPacket, distance: number): void {
    const held = this.#held;
    let at = held.length;
    while (at > 0) {
      const before = this.#distance(held[at - 1]!);
      if (before === distance) return;
      if (before < distance) break;
      at--;
    }
    held.splice(at, 0, packet);
  }

  #pass(packet: OrderedPacket, lostBefore: number): void {
    this.#next = (packet.sequenceNumber + 1) & 0xffff;
    this.#release(packet, lostBefore);
  }

  #passFollowing(): void {
    while (this.isWaiting && this.#distance(this.#held[0]!) === 0) {
      this.#pass(this.#held.shift()!, 0);
    }
  }
}
