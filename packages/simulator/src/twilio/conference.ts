import { JoinedLines } from '../line/joined-lines.ts';
import type { PhoneLine } from '../line/phone-line.ts';

/** How a call takes part in a conference (Twilio docs, "TwiML Voice: <Conference>"). */
export interface ConferenceRequest {
  readonly name: string;
  /** Whether the conference is over for all when this one leaves. */
  readonly endsOnExit: boolean;
}

/** The conferences of one account, by name. */
export class Conferences {
  readonly #rooms = new Map<string, Room>();

  /** Takes part until `signal` is aborted or the conference is over. */
  async join({ endsOnExit, name }: ConferenceRequest, line: PhoneLine, signal: AbortSignal) {
    if (signal.aborted) return;
    let room = this.#rooms.get(name);
    if (!room)
      this.#rooms.set(name, (room = { lines: new JoinedLines(), over: new AbortController() }));
    const { lines, over } = room;
    lines.add(line);
    await new Promise<void>((resolve) => {
      for (const either of [signal, over.signal]) {
        either.addEventListener('abort', () => resolve(), { once: true });
      }
    });
    lines.remove(line);
    if (!endsOnExit && lines.size > 0) return;
    if (this.#rooms.get(name) === room) this.#rooms.delete(name);
    over.abort();
  }
}

interface Room {
  readonly lines: JoinedLines;
  readonly over: AbortController;
}
