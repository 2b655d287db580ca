import { makeRealtimeAgent, TALE } from '../testing/realtime-agent.ts';
import { TestCall } from '../testing/test-call.ts';

test('a silent caller is asked, and in the end the agent says goodbye and hangs up', async () => {
  const { agent, model } = makeRealtimeAgent(
    { silence: { afterMs: 3_000, prompts: ['Hello?', 'Well?'], goodbye: 'Bye.' } },
    { think: () => 'Yes.' },
  );
  const test = await TestCall.connect(agent);
  await test.clock.advance(4_500);
  expect(test.phone.heard).toBe('AI here.Hello?');
  test.phone.say('yes');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Hello?Yes.');
  // Counted anew, for the caller has spoken.
  await test.clock.advance(11_000);
  expect(test.phone.heard).toBe('AI here.Hello?Yes.Hello?Well?Bye.');
  expect(test.call.endInfo?.reason).toBe('agent-hung-up');
  expect(test.clock.timerCount).toBe(0);
  // The model knows what it has asked.
  expect(model.conversations[0]!.items.map(({ text }) => text)).toContain('Hello?');
});

test('a caller who speaks, thinks or is on hold is not asked', async () => {
  const { agent } = makeRealtimeAgent({ silence: { afterMs: 1_500, prompts: ['Hello?'] } });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('a question that takes longer than any silence may');
  await test.clock.advance(2_900);
  expect(test.phone.heard).toBe('AI here.');
  test.call.announce('call-held', {});
  await test.clock.advance(20_000);
  expect(test.phone.heard).toBe('AI here.');
  await test.call.hangUp();
});

test.each([
  ['rendered beforehand', true],
  ['said by the model', false],
])('at the time limit the agent says goodbye, %s, and ends the call', async (_how, isPrepared) => {
  const { agent } = makeRealtimeAgent(
    { timeLimit: { afterMs: 3_000, goodbye: 'Time is up.' } },
    { think: () => TALE },
  );
  if (isPrepared) await agent.prepare();
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(1_500);
  expect(test.session.state).toBe('speaking');
  await test.clock.advance(600);
  test.phone.say('no wait please');
  await test.clock.advance(2_000);
  expect(test.phone.heard).toMatch(/^AI here\.One.*Time is up\.$/);
  expect(test.call.endInfo?.reason).toBe('max-duration-reached');
  expect(test.clock.timerCount).toBe(0);
});
