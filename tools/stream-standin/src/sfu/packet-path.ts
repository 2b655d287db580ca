import type { RtpPacket } from 'werift';
import type { NetworkFaults, PacketDirection } from '../network-faults.ts';
import { createRandom, type Random } from '../random.ts';

/** The way of audio packets between one participant and the media server, in one direction. */
export class PacketPath {
  readonly #direction: PacketDirection;
  readonly #userId: string;
  readonly #network: NetworkFaults;
  readonly #random: Random;
  readonly #late = new Set<NodeJS.Timeout>();

  /** @param seed The same seed, user and direction lose and delay the same packets of a sequence. */
  constructor(direction: PacketDirection, userId: string, network: NetworkFaults, seed: number) {
    this.#direction = direction;
    this.#userId = userId;
    this.#network = network;
    this.#random = createRandom(seed, `${direction} ${userId}`);
  }

  /** Hands the packet to `deliver`: now, later, or never. */
  carry(packet: RtpPacket, deliver: (packet: RtpPacket) => void): void {
    if (this.#network.isOut(this.#userId)) return;
    const faults = this.#network.packetFaults(this.#direction, this.#userId);
    if (faults === undefined) {
      deliver(packet);
      return;
    }
    // Both are drawn for every packet, so that the chance of one does not depend on the luck of another.
    const isLost = this.#random() < (faults.lossRate ?? 0);
    const delayMs = (faults.delayMs ?? 0) + this.#random() * (faults.jitterMs ?? 0);
    if (isLost) return;
    if (delayMs <= 0) {
      deliver(packet);
      return;
    }
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      if (!this.#network.isOut(this.#userId)) deliver(packet);
    }, delayMs);
    this.#late.add(timer);
  }

  /** What is still on its way is lost. */
  close(): void {
    for (const timer of this.#late) clearTimeout(timer);
    this.#late.clear();
  }
}
