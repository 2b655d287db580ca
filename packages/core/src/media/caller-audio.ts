import type { AudioFrame } from '../audio/audio-frame.ts';
import { copyAudioFrame } from '../audio/audio-frame.ts';
import type { Unsubscribe } from '../events/emitter.ts';

/** Caller audio that is kept until somebody listens. */
const BACKLOG_LIMIT_MS = 10_000;
const BACKLOG_FRAMES = BACKLOG_LIMIT_MS / 20;

/** The caller's audio on its way to who listens; until somebody does, the last 10 s of it are kept. */
export class CallerAudio {
  readonly #onListenerError: (error: unknown) => void;
  readonly #listeners = new Set<(frame: AudioFrame) => void>();
  #backlog: AudioFrame[] | undefined = [];

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  /** The first listener ends the backlog. */
  listen(listener: (frame: AudioFrame) => void): Unsubscribe {
    this.#backlog = undefined;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What came before anybody listened; then keeps no more. */
  takeBacklog(): AudioFrame[] {
    const backlog = this.#backlog ?? [];
    this.#backlog = undefined;
    return backlog;
  }

  /** Takes one frame, which is borrowed. */
  deliver(frame: AudioFrame): void {
    if (this.#backlog) {
      this.#backlog.push(copyAudioFrame(frame));
      if (this.#backlog.length > BACKLOG_FRAMES) this.#backlog.shift();
      return;
    }
    for (const listener of this.#listeners) {
      try {
        listener(frame);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  /** Keeps and tells nothing any more. */
  close(): void {
    this.#backlog = undefined;
    this.#listeners.clear();
  }
}
