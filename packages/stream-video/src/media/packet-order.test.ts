import { PacketOrder } from './packet-order.ts';

/** What comes out: sequence numbers, each after as many dashes as were lost before it. */
function order(): {
  readonly packets: PacketOrder;
  readonly out: string[];
  push(...numbers: number[]): void;
} {
  const out: string[] = [];
  const packets = new PacketOrder(({ sequenceNumber }, lostBefore) =>
    out.push('-'.repeat(lostBefore) + String(sequenceNumber)),
  );
  const push = (...numbers: number[]): void => {
    for (const sequenceNumber of numbers) {
      packets.push({ sequenceNumber, timestamp: 0, payload: new Uint8Array(1) });
    }
  };
  return { packets, out, push };
}

test('what comes in order passes at once', () => {
  const { packets, out, push } = order();
  push(7, 8, 9);
  expect(out).toEqual(['7', '8', '9']);
  expect(packets.isWaiting).toBe(false);
});

test('what comes too early waits for its turn', () => {
  const { packets, out, push } = order();
  push(1, 4, 3);
  expect(out).toEqual(['1']);
  expect(packets.isWaiting).toBe(true);
  push(2);
  expect(out).toEqual(['1', '2', '3', '4']);
  expect(packets.isWaiting).toBe(false);
});

test('what is given up is counted before the next one', () => {
  const { packets, out, push } = order();
  push(1, 4, 6);
  packets.skip();
  expect(out).toEqual(['1', '--4']);
  packets.skip();
  expect(out).toEqual(['1', '--4', '-6']);
  packets.skip();
  expect(packets.isWaiting).toBe(false);
});

test('what comes late or twice is dropped', () => {
  const { packets, out, push } = order();
  push(1, 1, 4, 4, 3);
  packets.flush();
  push(2, 3, 5);
  expect(out).toEqual(['1', '-3', '4', '5']);
});

test('numbers begin again after 65,535', () => {
  const { out, push } = order();
  push(65_534, 1, 65_535, 0, 2);
  expect(out).toEqual(['65534', '65535', '0', '1', '2']);
});

test('no more than ten are held', () => {
  const { packets, out, push } = order();
  push(1, ...Array.from({ length: 10 }, (_, index) => index + 3));
  expect(out).toEqual(['1']);
  push(13);
  expect(out).toEqual(['1', '-3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13']);
  expect(packets.isWaiting).toBe(false);
});

test('a stream that starts anew with other numbers is followed', () => {
  const { out, push } = order();
  push(10, 12, 20_000, 20_001);
  expect(out).toEqual(['10', '-12', '20000', '20001']);
  push(19_000);
  expect(out.at(-1)).toBe('19000');
});
