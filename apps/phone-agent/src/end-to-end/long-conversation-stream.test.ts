import { createStreamStandin } from '@phone-agents/stream-standin';
import { createStreamVideoEdge } from '@phone-agents/stream-video';
import type { LongConversation } from '../test-support/long-conversation.ts';
import { DESK, TURNS, converse, sequenceOf, turnOf } from '../test-support/long-conversation.ts';

/** Both conversations at once, in real time, on a machine that is busy with other tests. */
const TIMEOUT_MS = 240_000;

let onStream: Readonly<Record<'twilio' | 'telnyx', LongConversation>>;

beforeAll(async () => {
  const standin = await createStreamStandin();
  try {
    const { apiKey, apiSecret, url: baseUrl } = standin;
    const edge = createStreamVideoEdge({ apiKey, apiSecret, baseUrl, environment: {} });
    const [twilio, telnyx] = await Promise.all([
      converse({ carrier: 'twilio', edge, time: 'real' }),
      converse({ carrier: 'telnyx', edge, time: 'real' }),
    ]);
    onStream = { twilio, telnyx };
  } finally {
    await standin.close();
  }
}, TIMEOUT_MS);

test.each(['twilio', 'telnyx'] as const)(
  'over WebRTC and %s the turns of a long conversation are those of an agent in this process',
  async (carrier) => {
    const { caller, asked } = onStream[carrier];
    expect(sequenceOf(onStream[carrier])).toEqual(sequenceOf(await converse({ carrier })));
    expect(new Set(asked.map(turnOf)).size).toBe(TURNS);
    expect(caller.transcript.filter(({ interrupted }) => interrupted)).toHaveLength(6);
    expect(caller.transferredTo).toBe(DESK);
    expect(caller.end?.reason).toBe('transferred');
  },
);
