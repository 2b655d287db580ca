import { serveThread, tellOwner } from '../worker/serve-thread.ts';
import { SileroModel, SileroState, WINDOW_SAMPLES } from './silero-model.ts';
import type { SileroWindow } from './silero-model.ts';

/** Windows of several streams, in one message. */
export interface WindowBatch {
  readonly type: 'windows';
  /** The stream of each window. */
  readonly streams: Uint32Array;
  /** 512 samples for each. */
  readonly samples: Int16Array;
}

/** The answer: probabilities in the order in which windows were analysed. */
export interface WindowResults {
  readonly streams: Uint32Array;
  readonly probabilities: Float32Array;
}

const LARGEST_RUN = 16;

let loading: Promise<SileroModel> | undefined;
const states = new Map<number, SileroState>();
let queue: { readonly stream: number; readonly samples: Int16Array }[] = [];
let working = false;

serveThread({
  prepare: async () => {
    loading ??= SileroModel.load();
    const model = await loading;
    await model.run([{ state: new SileroState(), samples: new Int16Array(WINDOW_SAMPLES) }]);
  },
  windows: (batch: WindowBatch) => {
    batch.streams.forEach((stream, index) => {
      const at = index * WINDOW_SAMPLES;
      queue.push({ stream, samples: batch.samples.subarray(at, at + WINDOW_SAMPLES) });
    });
    // Not awaited: windows that come meanwhile join the next run. A fault ends the thread, which is told.
    void work();
  },
  forget: ({ stream }: { stream: number }) => {
    states.delete(stream);
    const kept = queue.filter((window) => window.stream !== stream);
    const dropped = queue.length - kept.length;
    queue = kept;
    if (dropped === 0) return;
    // The owner counts the windows that are still to come.
    const result: WindowResults = {
      streams: new Uint32Array(dropped).fill(stream),
      probabilities: new Float32Array(dropped),
    };
    tellOwner(result);
  },
});

async function work(): Promise<void> {
  if (working) return;
  working = true;
  const model = await (loading ??= SileroModel.load());
  while (queue.length > 0) {
    const { streams, windows } = takeRun();
    const probabilities = (await model.run(windows)).slice();
    const result: WindowResults = { streams, probabilities };
    tellOwner(result, [probabilities.buffer]);
    // Lets messages in, so that windows that came meanwhile share the next run.
    await new Promise((resolve) => setImmediate(resolve));
  }
  working = false;
}

/** The first window of each stream: a stream's next window needs the state that this one leaves. */
function takeRun(): { streams: Uint32Array; windows: SileroWindow[] } {
  const taken = new Map<number, SileroWindow>();
  queue = queue.filter(({ stream, samples }) => {
    if (taken.size >= LARGEST_RUN || taken.has(stream)) return true;
    let state = states.get(stream);
    if (state === undefined) states.set(stream, (state = new SileroState()));
    taken.set(stream, { state, samples });
    return false;
  });
  return { streams: Uint32Array.from(taken.keys()), windows: [...taken.values()] };
}
