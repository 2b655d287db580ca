import { createStreamStandin, type StreamStandin } from './stream-standin.ts';
import { TestParticipant } from './test-support/test-participant.ts';

describe('the stand-in of Stream', () => {
  let standin: StreamStandin;
  const joined: TestParticipant[] = [];

  async function join(userId: string, callId = 'call'): Promise<TestParticipant> {
    const participant = await TestParticipant.join(standin, { userId, name: `${userId}!`, callId });
    joined.push(participant);
    return participant;
  }

  beforeAll(async () => {
    standin = await createStreamStandin();
  });
  afterEach(async () => {
    await Promise.all(joined.splice(0).map((participant) => participant.leave()));
    standin.faults.clear();
  });
  afterAll(() => standin.close());

  test('participants by the official SDK hear each other, and nobody hears himself', async () => {
    const anna = await join('anna');
    const ben = await join('ben');
    await anna.publish();
    await ben.publish();
    anna.keepSending();
    ben.keepSending();
    await Promise.all([anna.hearsMore('ben'), ben.hearsMore('anna')]);
    const numbers = anna.heard('ben').map((payload) => payload.readUInt32BE());
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    expect(anna.heard('anna')).toEqual([]);
    expect([...anna.names].sort()).toEqual(['anna!', 'ben!']);
    expect(standin.participants('default:call')).toMatchObject([
      { userId: 'anna', name: 'anna!', publishesAudio: true },
      { userId: 'ben', name: 'ben!', publishesAudio: true },
    ]);
  });
});
