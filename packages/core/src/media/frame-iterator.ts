import type { AudioFrame } from '../audio/audio-frame.ts';
import { copyAudioFrame } from '../audio/audio-frame.ts';
import type { Unsubscribe } from '../events/emitter.ts';

/** A reader that does not keep up loses the oldest audio beyond this. */
const MAX_WAITING_FRAMES = 500;

/**
 * Copies of frames as an async iterable: first `backlog`, then what `subscribe` gives, until `ended`
 * resolves. Leaving the loop unsubscribes.
 */
export function frameIterator(
  backlog: readonly AudioFrame[],
  subscribe: (listener: (frame: AudioFrame) => void) => Unsubscribe,
  ended: Promise<unknown>,
): AsyncIterableIterator<AudioFrame> {
  const waiting: AudioFrame[] = [...backlog];
  const readers: ((result: IteratorResult<AudioFrame>) => void)[] = [];
  let done = false;
  const unsubscribe = subscribe((frame) => {
    const reader = readers.shift();
    if (reader) {
      reader({ value: copyAudioFrame(frame), done: false });
      return;
    }
    waiting.push(copyAudioFrame(frame));
    if (waiting.length > MAX_WAITING_FRAMES) waiting.shift();
  });
  const finish = (): void => {
    done = true;
    unsubscribe();
    for (const reader of readers.splice(0)) reader({ value: undefined, done: true });
  };
  void ended.then(finish);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const value = waiting.shift();
      if (value) return Promise.resolve({ value, done: false });
      if (done) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve) => readers.push(resolve));
    },
    return() {
      waiting.length = 0;
      finish();
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}
