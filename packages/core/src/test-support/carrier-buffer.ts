import type { Clock, ClockTimer } from '../clock/clock.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { TextMessage } from './loopback-streams.ts';

type Entry = { readonly payload: Buffer } | { readonly mark: string };

/**
 * The far side of a {@link MarkedLoopbackStream}: plays what comes in real time, echoes marks when
 * the audio before them was played, and is `latencyMs` away in each direction.
 */
export class CarrierBuffer {
  /** Whether marks are lost on their way back. */
  losesMarks = false;
  /** What came, in its order: `media`, `clear`, or the name of a mark. */
  readonly received: { readonly what: string; readonly atMs: number }[] = [];
  /** What was played, as mu-law. */
  readonly played: Buffer[] = [];
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #socket: MediaSocket;
  readonly #queue: Entry[] = [];
  #playedMs = 0;
  #playing: { readonly sinceMs: number; readonly timer: ClockTimer } | undefined;

  constructor(clock: Clock, socket: MediaSocket, latencyMs = 0) {
    this.#clock = clock;
    this.#socket = socket;
    this.#latencyMs = latencyMs;
    socket.setHandlers({
      message: (data) => {
        const message = JSON.parse(Buffer.from(data).toString()) as TextMessage;
        if (latencyMs === 0) this.#receive(message);
        else clock.setTimeout(() => this.#receive(message), latencyMs);
      },
      close: () => {},
      error: () => {},
    });
  }

  /** How much has come out at the caller's ear, in ms. */
  get playedMs(): number {
    return this.#playedMs + (this.#playing ? this.#clock.now() - this.#playing.sinceMs : 0);
  }

  get bufferedFrames(): number {
    return this.#queue.filter((entry) => 'payload' in entry).length;
  }

  say(message: TextMessage): void {
    const text = JSON.stringify(message);
    if (this.#latencyMs === 0) this.#socket.send(text);
    else this.#clock.setTimeout(() => this.#socket.send(text), this.#latencyMs);
  }

  count(what: string): number {
    return this.received.filter((entry) => entry.what === what).length;
  }

  get marks(): { readonly what: string; readonly atMs: number }[] {
    return this.received.filter(({ what }) => what !== 'media' && what !== 'clear');
  }

  #receive(message: TextMessage): void {
    const what = message.event === 'mark' ? message.name! : message.event;
    this.received.push({ what, atMs: this.#clock.now() });
    if (message.event === 'media') {
      this.#queue.push({ payload: Buffer.from(message.payload!, 'base64') });
    } else if (message.event === 'mark') this.#queue.push({ mark: message.name! });
    else if (message.event === 'clear') this.#clear();
    this.#pump();
  }

  #clear(): void {
    this.#playing?.timer.cancel();
    this.#playedMs = this.playedMs;
    this.#playing = undefined;
    // Real carriers echo the marks of what they dropped.
    for (const entry of this.#queue.splice(0)) if ('mark' in entry) this.#echo(entry.mark);
  }

  #pump(): void {
    while (!this.#playing) {
      const entry = this.#queue[0];
      if (!entry) return;
      if ('mark' in entry) {
        this.#queue.shift();
        this.#echo(entry.mark);
        continue;
      }
      const timer = this.#clock.setTimeout(() => {
        this.#queue.shift();
        this.#playing = undefined;
        this.#playedMs += 20;
        this.played.push(entry.payload);
        this.#pump();
      }, 20);
      this.#playing = { sinceMs: this.#clock.now(), timer };
    }
  }

  #echo(name: string): void {
    if (!this.losesMarks) this.say({ event: 'mark', name });
  }
}
