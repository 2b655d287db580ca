import { randomUUID } from 'node:crypto';
import { createStreamVideoEdge } from './stream-video-edge.ts';
import { Talker, until } from './test-support/talker.ts';

/**
 * Two participants in a call on Stream itself, for some seconds, with an app of one's own. What the local
 * stand-in only guesses shows here: the real media servers, their settings, and whether UDP passes.
 */
const NEEDED = ['STREAM_API_KEY', 'STREAM_API_SECRET'];

const missing = NEEDED.filter((name) => (process.env[name] ?? '').trim() === '');
const live = missing.length === 0 ? test : test.skip;
const why = missing.length === 0 ? '' : ` [skipped: ${missing.join(', ')} not set]`;
const TIMEOUT_MS = 90_000;
const PHONE_TONE = 440;
const AGENT_TONE = 1_037;

live(
  `phone and agent hear each other in a call on Stream, and leave it${why}`,
  async () => {
    const call = await createStreamVideoEdge().createCall({ id: randomUUID() });
    try {
      const agent = await Talker.join(call, `agent-${randomUUID()}`, AGENT_TONE);
      const phone = await Talker.join(call, `phone-${randomUUID()}`, PHONE_TONE, {
        sampleRate: 8000,
      });
      await until(
        () => phone.hears(agent, AGENT_TONE) && agent.hears(phone, PHONE_TONE),
        'both hear each other',
        30_000,
      );
      await phone.leave();
      await until(() => agent.events.includes(`left ${phone.id}`), 'the phone has left', 30_000);
      await agent.leave();
    } finally {
      await call.end();
    }
  },
  TIMEOUT_MS,
);

live(
  `a wrong secret is told as what it is${why}`,
  async () => {
    const edge = createStreamVideoEdge({ apiSecret: 'not-the-secret-of-this-app' });
    await expect(edge.createCall({ id: randomUUID() })).rejects.toMatchObject({
      code: 'stream_unauthorized',
    });
  },
  TIMEOUT_MS,
);
