import { FRAME_DURATION_MS } from '../audio/audio-frame.ts';

/** What was needed is looked at over this time. */
const WINDOW_TICKS = 50;
/** Mean level up to which a frame is not missed. */
const QUIET_LEVEL = 150;

/**
 * Keeps as much of one source's sound waiting as its network needs, so that frames that come late still
 * come in time: playing starts when that much has come, starts again so after a gap, and where more
 * waits than is needed, single frames are dropped, quiet ones first. What comes in a burst, after the
 * network or this process stood still, is heard all the same.
 */
export class SourceCushion {
  /** How long the sound should wait, in ms; changes as the network does. */
  delayMs = 0;
  #isPlaying = false;
  #waitedTicks = 0;
  #windowTicks = 0;
  /** The least that waited in this window, in ms. */
  #leastMs = Number.POSITIVE_INFINITY;
  /** Frames that were not needed in the last window. */
  #excess = 0;
  #hasDropped = false;
  /** Whether the next frame is dropped even if it is not quiet. */
  #isImpatient = false;

  /** A tick has come, with so much queued, and so much sent that is not played yet. */
  tick(queuedMs: number, unplayedMs: number): void {
    const waitingMs = queuedMs + unplayedMs;
    if (waitingMs === 0) {
      this.#isPlaying = false;
      this.#waitedTicks = 0;
      this.#excess = 0;
      this.#beginWindow();
      return;
    }
    if (!this.#isPlaying) {
      const waitedMs = this.#waitedTicks++ * FRAME_DURATION_MS;
      this.#isPlaying = queuedMs > this.delayMs || waitedMs >= this.delayMs;
    }
    this.#measure(waitingMs);
  }

  /** Whether its sound is played now, rather than kept waiting. */
  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /**
   * Whether a frame that comes now is to be played. Where more waits than is needed, quiet frames are
   * not, and of sound without a pause one frame a second.
   */
  admits(samples: Int16Array): boolean {
    if (this.#excess === 0 || !(this.#isImpatient || isQuiet(samples))) return true;
    this.#isImpatient = false;
    this.#hasDropped = true;
    this.#excess--;
    return false;
  }

  #measure(waitingMs: number): void {
    if (!this.#isPlaying) return;
    this.#leastMs = Math.min(this.#leastMs, waitingMs);
    if (++this.#windowTicks < WINDOW_TICKS) return;
    this.#isImpatient = this.#excess > 0 && !this.#hasDropped;
    const surplusMs = this.#leastMs - this.delayMs - FRAME_DURATION_MS;
    this.#excess = Math.max(0, Math.floor(surplusMs / FRAME_DURATION_MS));
    this.#beginWindow();
  }

  #beginWindow(): void {
    this.#windowTicks = 0;
    this.#hasDropped = false;
    this.#leastMs = Number.POSITIVE_INFINITY;
  }
}

function isQuiet(samples: Int16Array): boolean {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += Math.abs(samples[i]!);
  return sum <= QUIET_LEVEL * samples.length;
}
