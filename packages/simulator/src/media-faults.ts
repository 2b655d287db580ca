import { FRAME_DURATION_MS } from '@phone-agents/core';
import type { CarrierFaults } from './faults.ts';
import type { Random } from './random.ts';

interface HeldMessage {
  readonly message: string;
  framesLeft: number;
}

/** What becomes of the media messages of one stream. Without faults every message is just sent. */
export class MediaFaults {
  readonly #faults: CarrierFaults;
  readonly #random: Random;
  readonly #send: (message: string) => void;
  readonly #late: HeldMessage[] = [];
  readonly #stalled: string[] = [];
  #stalledFrames = 0;

  constructor(faults: CarrierFaults, random: Random, send: (message: string) => void) {
    this.#faults = faults;
    this.#random = random;
    this.#send = send;
  }

  /** Decides whether the next frame is lost before the carrier numbers it. */
  loses(): boolean {
    return this.#random.chance(this.#faults.lostFrames);
  }

  /** Passes on the message of one frame, or what became of it. Called once every frame that is not lost. */
  pass(message: string): void {
    const { lateFrames, stalls } = this.#faults;
    if (this.#stalledFrames === 0 && stalls && this.#random.chance(stalls.probability)) {
      this.#stalledFrames = Math.ceil(stalls.durationMs / FRAME_DURATION_MS);
    }
    if (lateFrames && this.#random.chance(lateFrames.probability)) {
      const framesLeft = Math.ceil(lateFrames.durationMs / FRAME_DURATION_MS);
      this.#late.push({ message, framesLeft });
      return;
    }
    if (this.#random.chance(this.#faults.malformedFrames)) this.#deliver(this.#spoil(message));
    else this.#deliver(message);
    if (this.#random.chance(this.#faults.duplicatedFrames)) this.#deliver(message);
  }

  /** A frame's time is over: what was held back long enough goes out. */
  moveOn(): void {
    if (this.#stalledFrames > 0 && --this.#stalledFrames === 0) {
      for (const message of this.#stalled.splice(0)) this.#send(message);
    }
    for (let i = 0; i < this.#late.length;) {
      const held = this.#late[i]!;
      if (held.framesLeft-- > 0) i++;
      else {
        this.#late.splice(i, 1);
        this.#deliver(held.message);
      }
    }
  }

  #deliver(message: string): void {
    if (this.#stalledFrames > 0) this.#stalled.push(message);
    else this.#send(message);
  }

  #spoil(message: string): string {
    switch (this.#random.integer(6)) {
      case 0:
        return message.slice(0, message.length >> 1);
      case 1:
        return message.replace('"event":"media"', '"event":"noise"');
      case 2:
        return message.replace(/"payload":"[^"]*"/, '"payload":"***"');
      case 3:
        return message.replace(/"payload":"[^"]*"/, '"payload":7');
      case 4:
        return message.replace(/"media":\{[^}]*\}/, '"media":null');
      default:
        return '[]';
    }
  }
}
