import { CallingState } from '@stream-io/video-client';
import { NetworkFaults } from './network-faults.ts';
import { useStandin } from './test-support/standin-fixture.ts';

test('what is held back passes when the last outage that concerns it is over', async () => {
  const network = new NetworkFaults();
  const passed: string[] = [];
  const endOfAnna = network.startOutage('anna');
  const endOfAll = network.startOutage();
  const anna = network.passable('anna').then(() => passed.push('anna'));
  const ben = network.passable('ben').then(() => passed.push('ben'));
  expect(network.isOut('ben')).toBe(true);
  endOfAll();
  await ben;
  expect(passed).toEqual(['ben']);
  expect(network.isOut('anna')).toBe(true);
  endOfAnna();
  await anna;
  expect(passed).toEqual(['ben', 'anna']);
});

describe('in a call', () => {
  const here = useStandin();

  test('audio is lost during an outage of the network, and goes on afterwards', async () => {
    const anna = await here.join('anna');
    const ben = await here.join('ben');
    await Promise.all([anna.publish(), ben.publish()]);
    anna.keepSending();
    ben.keepSending();
    await Promise.all([anna.hearsMore('ben'), ben.hearsMore('anna')]);

    const end = here.standin.faults.startOutage('anna');
    await anna.sendsMore(5);
    const [heardByAnna, heardByBen] = [anna.heard('ben').length, ben.heard('anna').length];
    await anna.sendsMore(20);
    expect([anna.heard('ben').length, ben.heard('anna').length]).toEqual([heardByAnna, heardByBen]);

    end();
    await Promise.all([anna.hearsMore('ben'), ben.hearsMore('anna')]);
    expect(anna.call.state.callingState).toBe(CallingState.JOINED);
  });

  test('packets that are lost and late on the way to one participant arrive whole at another', async () => {
    const anna = await here.join('anna');
    const ben = await here.join('ben');
    const carl = await here.join('carl');
    await anna.publish();
    here.standin.faults.setPacketFaults('receive', { lossRate: 0.5, jitterMs: 60 }, 'ben');
    anna.keepSending();
    await Promise.all([ben.hearsMore('anna', 40), carl.hearsMore('anna', 60)]);
    const numbersOf = (listener: typeof ben) =>
      listener.heard('anna').map((payload) => payload.readUInt32BE());
    const [heardByBen, heardByCarl] = [numbersOf(ben), numbersOf(carl)];
    expect(heardByCarl).toEqual(heardByCarl.map((_, index) => (heardByCarl[0] ?? 0) + index));
    expect(heardByBen).not.toEqual([...heardByBen].sort((a, b) => a - b));
    expect(Math.max(...heardByBen) - Math.min(...heardByBen)).toBeGreaterThan(heardByBen.length);
  });
});
