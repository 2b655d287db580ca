import type { Clock } from '@phone-agents/core';
import { RecentMap } from './recent-map.ts';
import type { TelnyxMediaStream } from './telnyx-media-stream.ts';

/** A key that came over a socket and one in a webhook are the same press where they are so close. */
const SAME_PRESS_MS = 3_000;

interface Press {
  readonly digit: string;
  readonly atMs: number;
}

/**
 * The media streams that are open, by call: what is said about streams in webhooks is judged by them.
 * Each key comes twice, over the socket and by webhook; here is decided which one counts.
 */
export class LiveStreams {
  readonly #open = new Map<string, TelnyxMediaStream>();
  readonly #presses = new RecentMap<Press[]>();

  add(stream: TelnyxMediaStream, clock: Clock): void {
    stream.on('digit-received', (digit) => {
      const callControlId = stream.start?.providerCallId;
      if (callControlId === undefined) return;
      const nowMs = clock.wallTimeMs();
      const recent = (this.#presses.get(callControlId) ?? []).filter(
        ({ atMs }) => nowMs - atMs <= SAME_PRESS_MS,
      );
      this.#presses.set(callControlId, [...recent, { digit, atMs: nowMs }], nowMs);
    });
    stream.started.then(
      ({ providerCallId }) => {
        if (stream.isClosed) return;
        this.#open.set(providerCallId, stream);
        void stream.closed.then(() => {
          if (this.#open.get(providerCallId) === stream) this.#open.delete(providerCallId);
        });
      },
      () => {},
    );
  }

  /** The id of the call's open stream. */
  streamIdOf(callControlId: string): string | undefined {
    return this.#open.get(callControlId)?.start?.streamId;
  }

  /**
   * Whether a key that a webhook reports has come over the socket: so it is while a stream is open,
   * and so it was where its socket has just closed and the webhook is late.
   */
  hasHeardDigit(callControlId: string, digit: string, occurredAtMs: number): boolean {
    if (this.#open.has(callControlId)) return true;
    const presses = this.#presses.get(callControlId) ?? [];
    const same = presses.findIndex(
      (press) => press.digit === digit && Math.abs(press.atMs - occurredAtMs) <= SAME_PRESS_MS,
    );
    if (same < 0) return false;
    presses.splice(same, 1);
    return true;
  }
}
