import type { RealtimeEvent } from '@phone-agents/agent';
import { openaiRealtime } from './openai-realtime.ts';
import { until } from './test-support/realtime-call.ts';

const hasKey = (process.env['OPENAI_API_KEY'] ?? '') !== '';
const live = hasKey ? test : test.skip;
const why = hasKey ? '' : ' [skipped: OPENAI_API_KEY is not set]';

live(`OpenAI speaks, and forgets what was not heard${why}`, async () => {
  const events: RealtimeEvent[] = [];
  const connection = await openaiRealtime().connect({
    instructions: 'You are the assistant of a bakery.',
    tools: [],
    onEvent: (event) => events.push(event),
  });
  connection.respond({ instructions: 'Say exactly this, and nothing else: We open at nine.' });
  await until(() => events.some(({ type }) => type === 'response-ended'));
  const said = events.map((event) => (event.type === 'text-received' ? event.text : '')).join('');
  expect(said).toMatch(/open at (nine|9)/i);
  const audio = events.flatMap((event) => (event.type === 'audio-received' ? [event] : []));
  expect(audio.reduce((sum, { samples }) => sum + samples.length, 0)).toBeGreaterThan(8_000 / 2);
  connection.interrupt(audio[0]!.itemId, 200);
  connection.addText('Thank you.');
  connection.respond();
  await until(() => events.filter(({ type }) => type === 'response-ended').length === 2);
  expect(events.some(({ type }) => type === 'connection-closed')).toBe(false);
  await connection.close();
});

live(`a wrong key is refused as such${why}`, async () => {
  const options = { instructions: '', tools: [], onEvent: () => {} };
  await expect(openaiRealtime({ apiKey: 'wrong' }).connect(options)).rejects.toMatchObject({
    code: 'openai_unauthorized',
  });
});
