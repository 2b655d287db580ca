import { createLoopbackMediaSockets } from './loopback-media-socket.ts';

function record(into: string[]) {
  return {
    message: (data: Uint8Array, isBinary: boolean) =>
      void into.push(isBinary ? `bytes ${data.join(',')}` : `text ${Buffer.from(data).toString()}`),
    close: (code: number, reason: string) => void into.push(`close ${code} ${reason}`),
    error: () => void into.push('error'),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('messages come in order and never during send, also those that came before the owner', async () => {
  const { ours, theirs } = createLoopbackMediaSockets();
  const got: string[] = [];
  theirs.send('first');
  await turn();
  ours.setHandlers(record(got));
  theirs.send(new Uint8Array([1, 2]));
  expect(got).toEqual([]);
  await turn();
  expect(got).toEqual(['text first', 'bytes 1,2']);
});

test('what is sent is a copy, and what is received only borrowed', async () => {
  const { ours, theirs } = createLoopbackMediaSockets();
  let kept: Uint8Array = new Uint8Array();
  let seen: number[] = [];
  ours.setHandlers({
    message: (data) => {
      kept = data;
      seen = [...data];
    },
    close: () => {},
    error: () => {},
  });
  const sent = new Uint8Array([1, 2, 3]);
  theirs.send(sent);
  sent.fill(9);
  await turn();
  expect(seen).toEqual([1, 2, 3]);
  expect([...kept]).toEqual([0xaa, 0xaa, 0xaa]);
});

test('closing tells both ends once, after what was sent before; later messages are lost', async () => {
  const { ours, theirs } = createLoopbackMediaSockets();
  const got: { ours: string[]; theirs: string[] } = { ours: [], theirs: [] };
  ours.setHandlers(record(got.ours));
  theirs.setHandlers(record(got.theirs));
  ours.send('bye');
  ours.close(1000, 'done');
  theirs.close(1001, 'too late');
  ours.send('lost');
  await turn();
  expect(got).toEqual({ ours: ['close 1000 done'], theirs: ['text bye', 'close 1000 done'] });
  expect(ours.isClosed && theirs.isClosed).toBe(true);
});

test('a connection that breaks gives both ends an error and 1006', async () => {
  const { ours, theirs } = createLoopbackMediaSockets();
  const got: { ours: string[]; theirs: string[] } = { ours: [], theirs: [] };
  ours.setHandlers(record(got.ours));
  theirs.setHandlers(record(got.theirs));
  theirs.destroy();
  theirs.destroy();
  await turn();
  expect(got).toEqual({ ours: ['error', 'close 1006 '], theirs: ['error', 'close 1006 '] });
});
