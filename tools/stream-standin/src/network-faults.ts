/** How audio packets fare on their way; without faults they all arrive, at once and in order. */
export interface PacketFaults {
  /** The share of packets that never arrive, from 0 to 1. */
  readonly lossRate?: number | undefined;
  /** Every packet is late by a random time up to this, drawn anew for each, so that packets overtake each other. */
  readonly jitterMs?: number | undefined;
  /** Every packet is late by at least this. */
  readonly delayMs?: number | undefined;
}

/** Seen from the participant: `receive` is what the media server sends it. */
export type PacketDirection = 'send' | 'receive';

/** The name under which faults of every user are kept. */
const EVERYONE = '';

/** What is wrong with the network just now: outages, and faults of audio packets, of all users or of one. */
export class NetworkFaults {
  readonly #packetFaults = new Map<string, PacketFaults>();
  readonly #outages = new Map<string, { readonly over: Promise<void>; readonly end: () => void }>();

  /** @param userId Undefined: every user. */
  setPacketFaults(
    direction: PacketDirection,
    faults: PacketFaults | undefined,
    userId: string = EVERYONE,
  ): void {
    const key = `${direction} ${userId}`;
    if (faults === undefined) this.#packetFaults.delete(key);
    else this.#packetFaults.set(key, faults);
  }

  /** The faults of this user's packets, else those of everyone's. */
  packetFaults(direction: PacketDirection, userId: string): PacketFaults | undefined {
    if (this.#packetFaults.size === 0) return undefined;
    return (
      this.#packetFaults.get(`${direction} ${userId}`) ??
      this.#packetFaults.get(`${direction} ${EVERYONE}`)
    );
  }

  /** From now on nothing passes: datagrams are lost, everything else waits. Returns what ends it. */
  startOutage(userId: string = EVERYONE): () => void {
    const running = this.#outages.get(userId);
    if (running !== undefined) return running.end;
    let finish = (): void => undefined;
    const over = new Promise<void>((resolve) => (finish = resolve));
    const end = (): void => {
      this.#outages.delete(userId);
      finish();
    };
    this.#outages.set(userId, { over, end });
    return end;
  }

  /** Whether datagrams from and to this user are lost. */
  isOut(userId: string): boolean {
    return this.#outages.size > 0 && (this.#outages.has(EVERYONE) || this.#outages.has(userId));
  }

  /** Resolves when nothing holds back what is sent over a connection: as TCP does, it arrives late but whole. */
  async passable(userId: string = EVERYONE): Promise<void> {
    for (;;) {
      const outage = this.#outages.get(EVERYONE) ?? this.#outages.get(userId);
      if (outage === undefined) return;
      await outage.over;
    }
  }

  /** Ends every outage, so that nothing waits for ever. */
  clear(): void {
    this.#packetFaults.clear();
    for (const { end } of [...this.#outages.values()]) end();
  }
}
