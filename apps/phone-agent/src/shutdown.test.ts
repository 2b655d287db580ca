import { EventEmitter, once } from 'node:events';
import { stopOnSignal } from './shutdown.ts';

function appThatDrainsWhen(drained: Promise<void>): {
  readonly steps: string[];
  drain(): Promise<void>;
  close(): Promise<void>;
} {
  const steps: string[] = [];
  return {
    steps,
    async drain() {
      steps.push('draining');
      await drained;
      steps.push('drained');
    },
    async close() {
      steps.push('closed');
    },
  };
}

test('a first signal drains before it closes', async () => {
  const signals = new EventEmitter();
  const told: string[] = [];
  const app = appThatDrainsWhen(Promise.resolve());
  const stopped = stopOnSignal(app, { signals, tell: (sentence) => told.push(sentence) });
  signals.emit('SIGTERM');
  await stopped;
  expect(app.steps).toEqual(['draining', 'drained', 'closed']);
  expect(told).toEqual([expect.stringMatching(/^Stopping/)]);
  expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).toBe(0);
});

test('a second signal, of either kind, ends what still runs', async () => {
  const signals = new EventEmitter();
  const told = new EventEmitter();
  const app = appThatDrainsWhen(new Promise(() => {}));
  const stopping = once(told, 'told');
  const stopped = stopOnSignal(app, { signals, tell: (sentence) => told.emit('told', sentence) });
  signals.emit('SIGTERM');
  await stopping;
  expect(app.steps).toEqual(['draining']);
  signals.emit('SIGINT');
  await stopped;
  expect(app.steps).toEqual(['draining', 'closed']);
});
