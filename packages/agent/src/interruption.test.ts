import type { ResponderRequest } from './thinking/responder.ts';
import type { InterruptionAccepted } from './session-events.ts';
import { TestCall } from './testing/test-call.ts';
import { createToneSpeech } from './testing/tone-speech.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import type { VoiceAgent } from './voice-agent.ts';
import { createVoiceAgent } from './voice-agent.ts';

const STORY = 'Alpha beta gamma delta. Epsilon zeta eta theta iota kappa. Lambda mu nu xi.';

interface Asked {
  readonly requests: ResponderRequest[];
  readonly agent: VoiceAgent;
}

function makeAgent(options: Partial<VoiceAgentOptions> = {}): Asked {
  const requests: ResponderRequest[] = [];
  const agent = createVoiceAgent({
    ...createToneSpeech(),
    greeting: 'AI here.',
    fillers: false,
    responder: (request) => {
      requests.push(request);
      return request.text === 'story' ? STORY : 'Yes.';
    },
    ...options,
  });
  return { requests, agent };
}

test('the caller interrupts: silence at once, and history holds only what was heard', async () => {
  const { agent, requests } = makeAgent();
  const test = await TestCall.connect(agent);
  const accepted: { event: InterruptionAccepted; atMs: number }[] = [];
  test.session.on('interruption-accepted', (event) =>
    accepted.push({ event, atMs: test.phone.elapsedMs }),
  );
  await test.clock.advance(1_000);
  test.phone.say('story');
  await test.clock.advance(2_900);
  const startedMs = test.phone.elapsedMs;
  test.phone.say('stop please');
  await test.clock.advance(3_000);

  expect(accepted).toHaveLength(1);
  const { event, atMs } = accepted[0]!;
  // 300 ms of speech, seen in windows of 32 ms, a frame on the way.
  expect(atMs - startedMs).toBeGreaterThanOrEqual(300);
  expect(atMs - startedMs).toBeLessThan(380);
  expect(event.text).toBe(STORY);
  expect(event.heardText).toMatch(/^Alpha beta gamma delta\. Epsilon/);
  expect(STORY.startsWith(event.heardText)).toBe(true);
  expect(test.phone.clears).toBe(1);

  // The ear heard what the record says, give or take the word that was cut.
  const heard = test.phone.heard;
  expect(heard).toBe(`AI here.${heard.slice(8, -4)}Yes.`);
  const story = heard.slice(8, -4);
  const recorded = event.heardText.replace('delta. ', 'delta.');
  expect(story.startsWith(recorded)).toBe(true);
  expect(story.slice(recorded.length)).toMatch(/^ ?\w*$/);

  expect(test.lines).toEqual([
    'agent: AI here.',
    'caller: story',
    `agent: ${event.heardText}|`,
    'caller: stop please',
    'agent: Yes.',
  ]);
  expect(requests[1]!.history).toEqual([
    { role: 'agent', text: 'AI here.' },
    { role: 'caller', text: 'story' },
    { role: 'agent', text: event.heardText },
  ]);
  expect(requests[0]!.signal.aborted).toBe(true);
  await test.call.hangUp();
});

test('from acceptance on not one more frame reaches the ear', async () => {
  const { agent } = makeAgent();
  const test = await TestCall.connect(agent);
  let acceptedMs = 0;
  test.session.on('interruption-accepted', () => (acceptedMs = test.phone.elapsedMs));
  await test.clock.advance(1_000);
  test.phone.say('story');
  await test.clock.advance(2_900);
  test.phone.say('stop it');
  await test.clock.advance(450);
  expect(acceptedMs).toBeGreaterThan(0);
  expect(test.phone.lastSoundMs).toBeLessThanOrEqual(acceptedMs + 20);
  await test.call.hangUp();
});

test('a noise that is shorter than the minimum is no interruption and no turn', async () => {
  const { agent, requests } = makeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('story');
  await test.clock.advance(2_000);
  test.phone.say('ah');
  await test.clock.advance(8_000);
  expect(test.phone.heard).toBe(`AI here.${STORY.replaceAll('. ', '.')}`);
  expect(requests).toHaveLength(1);
  expect(test.lines).toEqual(['agent: AI here.', 'caller: story', `agent: ${STORY}`]);
  expect(test.phone.clears).toBe(0);
  await test.call.hangUp();
});

test('a noise does not get into the words of the turn after it', async () => {
  const { agent } = makeAgent();
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('story');
  await test.clock.advance(2_000);
  test.phone.say('ah');
  await test.clock.advance(8_000);
  test.phone.say('thanks');
  await test.clock.advance(2_000);
  expect(test.lines.at(-2)).toBe('caller: thanks');
  await test.call.hangUp();
});

test('the caller who goes on while the agent thinks is listened to, and the first answer is dropped', async () => {
  const { agent, requests } = makeAgent({
    responder: async function* (request) {
      requests.push(request);
      await new Promise<void>((resolve) => test.clock.setTimeout(resolve, 1_500));
      yield request.signal.aborted ? 'Never said.' : 'Both.';
    },
  });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('one more');
  await test.clock.advance(1_400);
  expect(test.session.state).toBe('thinking');
  test.phone.say('thing to ask');
  await test.clock.advance(5_000);
  expect(requests.map(({ text }) => text)).toEqual(['one more', 'thing to ask']);
  expect(test.phone.heard).toBe('AI here.Both.');
  expect(requests[1]!.history.at(-1)).toEqual({ role: 'caller', text: 'one more' });
  await test.call.hangUp();
});

test('the greeting is interrupted, and the disclosure that was not heard comes with the answer', async () => {
  const { agent } = makeAgent({ greeting: 'Welcome to the town library at the river.' });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('hello there');
  await test.clock.advance(5_000);
  expect(test.lines[0]).toMatch(/^agent: Welcome to .*\|$/);
  expect(test.phone.heard).toMatch(/^Welcome to [\w ]*I am an AI assistant\.Yes\.$/);
  test.phone.say('and more');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toMatch(/I am an AI assistant\.Yes\.Yes\.$/);
  await test.call.hangUp();
});

test('a protected greeting goes on, and what was said meanwhile is answered', async () => {
  const { agent } = makeAgent({
    greeting: 'Welcome to the town library. AI here.',
    protectGreeting: true,
  });
  const test = await TestCall.connect(agent);
  await test.clock.advance(300);
  test.phone.say('hello there');
  await test.clock.advance(5_000);
  expect(test.phone.heard).toBe('Welcome to the town library.AI here.Yes.');
  expect(test.lines[0]).toBe('caller: hello there');
  await test.call.hangUp();
});

test('a turn that never ends is answered at its limit', async () => {
  const { agent, requests } = makeAgent({ maxTurnMs: 3_000 });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  test.phone.say('on '.repeat(40));
  await test.clock.advance(3_500);
  expect(requests[0]!.text).toMatch(/^(on )+o?n?$/);
  await test.call.hangUp();
});
