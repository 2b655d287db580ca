import type { Clock } from '../clock/clock.ts';
import { MAX_TOMBSTONES, TOMBSTONE_MS } from '../calls/memory-call-store.ts';
import type { CallAnswer } from '../provider/telephony-provider.ts';

/** What the provider is told of calls that have ended, for as long as late webhooks may come. */
export class RecentAnswers {
  readonly #clock: Clock;
  /** In the order of the calls' ends, so that the old ones are at the front. */
  readonly #answers = new Map<string, { readonly answer: CallAnswer; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(providerCallId: string): CallAnswer | undefined {
    return this.#answers.get(providerCallId)?.answer;
  }

  set(providerCallId: string, answer: CallAnswer): void {
    const now = this.#clock.now();
    this.#answers.delete(providerCallId);
    this.#answers.set(providerCallId, { answer, atMs: now });
    for (const [oldest, { atMs }] of this.#answers) {
      if (this.#answers.size <= MAX_TOMBSTONES && now - atMs < TOMBSTONE_MS) return;
      this.#answers.delete(oldest);
    }
  }
}
