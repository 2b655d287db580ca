import { edgeConformanceCases } from '../testing/edge-conformance.ts';
import type { EdgeConnection, EdgeTransport } from './edge.ts';
import { TestLogger } from '../testing/test-logger.ts';
import { createLocalEdge } from './local-edge.ts';

async function create() {
  return {
    edge: createLocalEdge(),
    // Nothing of it takes time: a turn of the event loop is as good as 20 ms.
    passTime: () => new Promise<void>((resolve) => setImmediate(resolve)),
    close: async () => {},
  };
}

describe('the local edge conforms:', () => {
  for (const { name, run } of edgeConformanceCases(create)) test(name, run);
});

/** An edge with one fault, which the cases must find. */
function faultyEdge(spoil: (connection: EdgeConnection) => void): EdgeTransport {
  const edge = createLocalEdge();
  const createCall = edge.createCall.bind(edge);
  edge.createCall = async (options) => {
    const call = await createCall(options);
    const join = call.join.bind(call);
    call.join = async (user, joinOptions) => {
      const connection = await join(user, joinOptions);
      spoil(connection);
      return connection;
    };
    return call;
  };
  return edge;
}

test.each<[string, (connection: EdgeConnection) => void, RegExp]>([
  [
    'keeps frames that it only borrowed',
    (connection) => {
      const publish = connection.publish.bind(connection);
      connection.publish = (frame) => void setImmediate(() => publish(frame));
    },
    /^those who join hear each other/,
  ],
  ['does not leave', (connection) => (connection.leave = async () => {}), /^leaving is complete/],
  [
    'takes frames of any size',
    (connection) => (connection.publish = () => {}),
    /^a frame of another rate/,
  ],
  [
    'tells nobody of its end',
    (connection) => (connection.on = () => () => {}),
    /^the end of the call/,
  ],
])('the cases find an edge that %s', async (_fault, spoil, named) => {
  const cases = edgeConformanceCases(async () => ({
    ...(await create()),
    edge: faultyEdge(spoil),
  }));
  const found = cases.filter(({ name }) => named.test(name));
  expect(found).toHaveLength(1);
  await expect(found[0]!.run()).rejects.toThrow();
});

const JOIN = { sampleRate: 16000 } as const;

test('a frame is heard within the call of publish, and its memory is the publisher’s', async () => {
  const call = await createLocalEdge().createCall({ id: 'c1' });
  const a = await call.join({ id: 'a' }, JOIN);
  const b = await call.join({ id: 'b' }, JOIN);
  const frame = {
    samples: new Int16Array(320).fill(7),
    sampleRate: 16000,
    timestampSamples: 640,
  } as const;
  const kept: Int16Array[] = [];
  const copies: number[] = [];
  b.onAudio(({ samples, timestampSamples }, source) => {
    expect(source).toEqual({ id: 'a' });
    expect(timestampSamples).toBe(640);
    kept.push(samples);
    copies.push(samples[0]!);
  });
  a.publish(frame);
  frame.samples.fill(9);
  expect(copies).toEqual([7]);
  expect(kept[0]![0]).toBe(9);
});

test('media time follows the rate', async () => {
  const call = await createLocalEdge().createCall({ id: 'c1' });
  const a = await call.join({ id: 'a' }, { sampleRate: 8000 });
  const b = await call.join({ id: 'b' }, { sampleRate: 48000 });
  const times: number[] = [];
  b.onAudio(({ timestampSamples }) => times.push(timestampSamples));
  for (const timestampSamples of [0, 160, 8_000]) {
    a.publish({ samples: new Int16Array(160), sampleRate: 8000, timestampSamples });
  }
  expect(times).toEqual([0, 960, 48_000]);
});

test('a call is found again by its id while it lives, and is made anew afterwards', async () => {
  const edge = createLocalEdge();
  const first = await edge.createCall({ id: 'c1' });
  expect(await edge.createCall({ id: 'c1' })).toBe(first);
  expect(edge.callCount).toBe(1);
  await first.end();
  expect(edge.callCount).toBe(0);
  const second = await edge.createCall({ id: 'c1' });
  expect(second).not.toBe(first);
  await second.join({ id: 'a' }, JOIN);
});

test('who listens to joins sees the newcomer among the participants', async () => {
  const call = await createLocalEdge().createCall({ id: 'c1' });
  const a = await call.join({ id: 'a' }, JOIN);
  let seen: string[] = [];
  a.on('participant-joined', () => (seen = a.participants.map(({ id }) => id)));
  await call.join({ id: 'b' }, JOIN);
  expect(seen).toEqual(['b']);
});

test('a listener that throws keeps nobody from hearing, and is logged', async () => {
  const logger = new TestLogger();
  const call = await createLocalEdge({ logger }).createCall({ id: 'c1' });
  const a = await call.join({ id: 'a' }, JOIN);
  const b = await call.join({ id: 'b' }, JOIN);
  let heard = 0;
  b.onAudio(() => {
    throw new Error('listener');
  });
  b.onAudio(() => heard++);
  b.on('participant-left', () => {
    throw new Error('event');
  });
  a.publish({ samples: new Int16Array(320), sampleRate: 16000, timestampSamples: 0 });
  await a.leave();
  expect(heard).toBe(1);
  expect(logger.lines.map(({ fields }) => (fields['error'] as Error).message)).toEqual([
    'listener',
    'event',
  ]);
});

test('leaving within a listener is safe', async () => {
  const call = await createLocalEdge().createCall({ id: 'c1' });
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => call.join({ id }, JOIN)));
  let heard = 0;
  b!.onAudio(() => {
    heard++;
    void b!.leave();
    void c!.leave();
  });
  c!.onAudio(() => heard++);
  a!.publish({ samples: new Int16Array(320), sampleRate: 16000, timestampSamples: 0 });
  a!.publish({ samples: new Int16Array(320), sampleRate: 16000, timestampSamples: 320 });
  expect(heard).toBe(1);
  expect(a!.participants).toEqual([]);
});
