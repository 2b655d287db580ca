import { SharedResource } from '../worker/shared-resource.ts';
import { RecogniserThread } from './recogniser-thread.ts';
import type { SeatListener } from './recogniser-thread.ts';

/** At a real-time factor of 0.09 more talkers at once would wait for each other. */
const SEATS_PER_THREAD = 4;

/** One call's place in a thread. */
export interface Seat {
  readonly thread: RecogniserThread;
  readonly stream: number;
}

/** The recogniser's threads, made when they are needed; one stays for the next call. */
export class RecogniserPool {
  #threads: RecogniserThread[] = [];

  /** A thread with a free seat, for what needs no seat. */
  thread(): RecogniserThread {
    this.#threads = this.#threads.filter((thread) => !thread.gone);
    let free = this.#threads.find((thread) => thread.seats < SEATS_PER_THREAD);
    if (free === undefined) {
      free = new RecogniserThread();
      this.#threads.push(free);
    }
    return free;
  }

  take(listener: SeatListener): Seat {
    const thread = this.thread();
    return { thread, stream: thread.take(listener) };
  }

  leave({ thread, stream }: Seat): void {
    thread.leave(stream);
    const idle = this.#threads.filter((each) => each.seats === 0 && !each.gone);
    for (const spare of idle.slice(1)) void spare.close();
  }

  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.filter((thread) => !thread.gone).map((thread) => thread.close()));
  }
}

let shared: SharedResource<RecogniserPool> | undefined;

/** The pool that all recognisers of this process share. */
export function sharedRecogniserPool(): SharedResource<RecogniserPool> {
  shared ??= new SharedResource(
    () => new RecogniserPool(),
    (pool) => pool.close(),
  );
  return shared;
}
