import { Emitter } from './emitter.ts';

interface Events {
  rang: number;
  stopped: string;
}

function create() {
  const errors: unknown[] = [];
  const emitter = new Emitter<Events>((error) => errors.push(error));
  return { emitter, errors };
}

test('listeners of one event hear it in the order in which they came, others do not', () => {
  const { emitter } = create();
  const heard: string[] = [];
  emitter.on('rang', (times) => heard.push(`a${times}`));
  emitter.on('rang', (times) => heard.push(`b${times}`));
  emitter.on('stopped', () => heard.push('stopped'));
  emitter.emit('rang', 1);
  expect(heard).toEqual(['a1', 'b1']);
});

test('a listener that throws stops neither the others nor the sender, and its error is told', () => {
  const { emitter, errors } = create();
  const failure = new Error('listener failed');
  let heard = 0;
  emitter.on('rang', () => {
    throw failure;
  });
  emitter.on('rang', () => heard++);
  emitter.emit('rang', 1);
  expect(heard).toBe(1);
  expect(errors).toEqual([failure]);
});

test('a subscription ends once its function was called, however often', () => {
  const { emitter } = create();
  let heard = 0;
  const unsubscribe = emitter.on('rang', () => heard++);
  unsubscribe();
  unsubscribe();
  emitter.emit('rang', 1);
  expect(heard).toBe(0);
  expect(emitter.size).toBe(0);
});

test('the same function subscribed twice hears twice, and is undone one at a time', () => {
  const { emitter } = create();
  let heard = 0;
  const listener = (): void => void heard++;
  const undoFirst = emitter.on('rang', listener);
  emitter.on('rang', listener);
  emitter.emit('rang', 1);
  expect(heard).toBe(2);
  undoFirst();
  undoFirst();
  emitter.emit('rang', 2);
  expect(heard).toBe(3);
});

test('what is subscribed during an event hears the next one only', () => {
  const { emitter } = create();
  let heard = 0;
  const again = (): void => {
    heard++;
    emitter.on('rang', again);
  };
  emitter.on('rang', again);
  emitter.emit('rang', 1);
  expect(heard).toBe(1);
  emitter.emit('rang', 2);
  expect(heard).toBe(3);
});

test('a listener that another one removes during the event does not hear it', () => {
  const { emitter } = create();
  const heard: string[] = [];
  emitter.on('rang', () => {
    heard.push('first');
    undo();
  });
  const undo = emitter.on('rang', () => heard.push('second'));
  emitter.emit('rang', 1);
  expect(heard).toEqual(['first']);
});

test('clear forgets everybody, even while an event is told', () => {
  const { emitter } = create();
  const heard: string[] = [];
  emitter.on('rang', () => emitter.clear());
  emitter.on('rang', () => heard.push('second'));
  emitter.on('stopped', () => heard.push('stopped'));
  expect(emitter.size).toBe(3);
  emitter.emit('rang', 1);
  emitter.emit('stopped', 'now');
  expect(emitter.size).toBe(0);
  expect(heard).toEqual([]);
});
