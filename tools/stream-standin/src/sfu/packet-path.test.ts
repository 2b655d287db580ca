import { jest } from '@jest/globals';
import { RtpHeader, RtpPacket } from 'werift';
import { NetworkFaults } from '../network-faults.ts';
import { PacketPath } from './packet-path.ts';

const packets = Array.from(
  { length: 1000 },
  (_, index) => new RtpPacket(new RtpHeader({ sequenceNumber: index }), Buffer.alloc(0)),
);

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** The numbers of the packets that arrive, in the order of arrival; one is sent every 20 ms. */
function arrivals(network: NetworkFaults, seed: number, userId = 'anna'): number[] {
  const path = new PacketPath('receive', userId, network, seed);
  const arrived: number[] = [];
  for (const packet of packets) {
    path.carry(packet, ({ header }) => arrived.push(header.sequenceNumber));
    jest.advanceTimersByTime(20);
  }
  jest.runAllTimers();
  return arrived;
}

test('without faults every packet arrives, in order and at once', () => {
  expect(arrivals(new NetworkFaults(), 1)).toEqual(packets.map((_, index) => index));
});

test('the same seed loses the same packets, another seed or user others', () => {
  const network = new NetworkFaults();
  network.setPacketFaults('receive', { lossRate: 0.05 });
  const first = arrivals(network, 1);
  expect(packets.length - first.length).toBeGreaterThan(20);
  expect(packets.length - first.length).toBeLessThan(90);
  expect(arrivals(network, 1)).toEqual(first);
  expect(arrivals(network, 2)).not.toEqual(first);
  expect(arrivals(network, 1, 'ben')).not.toEqual(first);
});

test('jitter lets packets overtake each other and loses none', () => {
  const network = new NetworkFaults();
  network.setPacketFaults('receive', { jitterMs: 50 });
  const arrived = arrivals(network, 1);
  expect(arrived).not.toEqual(packets.map((_, index) => index));
  expect([...arrived].sort((a, b) => a - b)).toEqual(packets.map((_, index) => index));
});

test('faults of one user leave others and the other direction alone, and end on command', () => {
  const network = new NetworkFaults();
  network.setPacketFaults('receive', { lossRate: 1 }, 'anna');
  expect(arrivals(network, 1)).toEqual([]);
  expect(arrivals(network, 1, 'ben')).toHaveLength(packets.length);
  network.setPacketFaults('receive', undefined, 'anna');
  network.setPacketFaults('send', { lossRate: 1 }, 'anna');
  expect(arrivals(network, 1)).toHaveLength(packets.length);
});

test('an outage loses what is sent and what is on its way', () => {
  const network = new NetworkFaults();
  network.setPacketFaults('receive', { delayMs: 30 });
  const path = new PacketPath('receive', 'anna', network, 1);
  const arrived: number[] = [];
  const carry = (index: number): void =>
    path.carry(packets[index]!, ({ header }) => arrived.push(header.sequenceNumber));
  carry(0);
  jest.advanceTimersByTime(30);
  carry(1);
  const end = network.startOutage('anna');
  carry(2);
  jest.advanceTimersByTime(100);
  end();
  carry(3);
  jest.advanceTimersByTime(100);
  expect(arrived).toEqual([0, 3]);
});

test('a closed path delivers nothing more and leaves no timer', () => {
  const network = new NetworkFaults();
  network.setPacketFaults('receive', { delayMs: 30 });
  const path = new PacketPath('receive', 'anna', network, 1);
  const deliver = jest.fn();
  path.carry(packets[0]!, deliver);
  path.close();
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(100);
  expect(deliver).not.toHaveBeenCalled();
});
