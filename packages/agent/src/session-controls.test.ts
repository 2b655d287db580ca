import type { ResponderRequest } from './thinking/responder.ts';
import { TestCall } from './testing/test-call.ts';
import { createToneSpeech } from './testing/tone-speech.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import { createVoiceAgent } from './voice-agent.ts';

async function connect(options: Partial<VoiceAgentOptions> = {}): Promise<TestCall> {
  const agent = createVoiceAgent({
    ...createToneSpeech(),
    greeting: 'AI here.',
    responder: ({ text }) => `You said ${text}.`,
    ...options,
  });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  return test;
}

test('a key is answered by respondToDigit, and interrupts', async () => {
  const test = await connect({
    responder: {
      respond: () => 'Never.',
      respondToDigit: (digit, { history }) => `Key ${digit} after ${history.length}.`,
    },
  });
  test.session.say('A very long announcement that is interrupted.');
  await test.clock.advance(1_000);
  test.call.receiveDigit('5');
  await test.clock.advance(2_000);
  expect(test.phone.heard).toMatch(/^AI here\.A very long ann?o?Key five after two\.$/);
  expect(test.lines.at(-1)).toBe('agent: Key 5 after 2.');
  await test.call.hangUp();
});

test('without respondToDigit a key is answered like a text', async () => {
  const test = await connect();
  test.call.receiveDigit('#');
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.You said #.');
  await test.call.hangUp();
});

test('a key for which there is nothing to say leaves the agent listening', async () => {
  const test = await connect({ responder: { respond: () => '', respondToDigit: () => undefined } });
  test.call.receiveDigit('1');
  await test.clock.advance(1_000);
  expect(test.phone.heard).toBe('AI here.');
  expect(test.session.state).toBe('listening');
  await test.call.hangUp();
});

test('without a recogniser the agent serves keys and texts', async () => {
  const test = await connect({ stt: undefined, vad: undefined });
  test.phone.say('is anybody there');
  await test.clock.advance(2_500);
  test.session.receiveText('hi');
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.You said hi.');
  expect(test.lines).toEqual(['agent: AI here.', 'caller: hi', 'agent: You said hi.']);
  await test.call.hangUp();
});

test('what is said is told when it was heard, or cut', async () => {
  const test = await connect();
  const first = test.session.say('One. Two.');
  const second = test.session.say('Three four five six.');
  await test.clock.advance(1_000);
  expect(await first.finished).toMatchObject({ heardText: 'One. Two.', interrupted: false });
  second.interrupt();
  expect(await second.finished).toMatchObject({
    text: 'Three four five six.',
    heardText: 'Three',
    interrupted: true,
  });
  await test.call.hangUp();
});

test('the agent hangs up once its goodbye was heard', async () => {
  const test = await connect();
  test.session.say('Goodbye.');
  const ended = test.session.hangUp();
  await test.clock.advance(400);
  expect(test.call.endInfo).toBeUndefined();
  await test.clock.advance(600);
  await ended;
  expect(test.call.endInfo?.reason).toBe('agent-hung-up');
  expect(test.phone.heard).toBe('AI here.Goodbye.');
});

test('the agent hangs up at once where it is told so', async () => {
  const test = await connect();
  const goodbye = test.session.say('Goodbye.');
  await test.session.hangUp({ afterPlayout: false });
  expect(test.call.endInfo?.reason).toBe('agent-hung-up');
  expect(await goodbye.finished).toMatchObject({ interrupted: true, heardText: '' });
});

test('the responder is given call, instructions and history without the question', async () => {
  const requests: ResponderRequest[] = [];
  const test = await connect({
    instructions: 'Be brief.',
    responder: async (request) => {
      requests.push(request);
      return 'Fine.';
    },
  });
  test.phone.say('how are you');
  await test.clock.advance(3_000);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    text: 'how are you',
    instructions: 'Be brief.',
    history: [{ role: 'agent', text: 'AI here.' }],
  });
  expect(requests[0]!.call).toBe(test.call);
  await test.call.hangUp();
});

test('an app watches the sessions of its agent', async () => {
  const agent = createVoiceAgent({ ...createToneSpeech(), responder: () => 'Yes.' });
  const sessions: unknown[] = [];
  agent.on('session-started', (session) => sessions.push(session));
  const test = await TestCall.connect(agent);
  expect(sessions).toEqual([test.session]);
  await test.call.hangUp();
});
