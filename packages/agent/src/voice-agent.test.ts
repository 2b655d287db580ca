import type { TurnMeasurement } from './session-events.ts';
import { LoopbackPhone } from './testing/loopback-phone.ts';
import { encodeTones } from './testing/tone-code.ts';
import { createToneSpeech } from './testing/tone-speech.ts';
import type { ToneSpeechOptions } from './testing/tone-speech.ts';
import { TestCall } from './testing/test-call.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import type { VoiceAgent } from './voice-agent.ts';
import { createVoiceAgent } from './voice-agent.ts';

const ANSWERS: Readonly<Record<string, string>> = {
  'when do you open': 'We open at nine.',
  'tell me all': 'First sentence here. Second sentence there. Third sentence nowhere.',
};

function makeAgent(
  options: Partial<VoiceAgentOptions> = {},
  speech: ToneSpeechOptions = {},
): VoiceAgent {
  return createVoiceAgent({
    ...createToneSpeech(speech),
    greeting: 'AI here.',
    responder: ({ text }) => ANSWERS[text] ?? `You said ${text}.`,
    ...options,
  });
}

test('the caller is greeted as soon as the phone is attached', async () => {
  const test = await TestCall.connect(makeAgent());
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.');
  // One tick of the bridge, one frame on the wire, and the filters' delay.
  expect(test.phone.firstSoundMs).toBeLessThan(45);
  expect(test.lines).toEqual(['agent: AI here.']);
  expect(test.session.state).toBe('listening');
  await test.call.hangUp();
});

test('a question is recognised and answered', async () => {
  const test = await TestCall.connect(makeAgent());
  const turns: TurnMeasurement[] = [];
  const states: string[] = [];
  test.session.on('turn-measured', (turn) => turns.push(turn));
  test.session.on('state-changed', ({ to }) => states.push(to));
  await test.clock.advance(1_000);
  test.phone.say('when do you open');
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.We open at nine.');
  expect(test.lines).toEqual([
    'agent: AI here.',
    'caller: when do you open',
    'agent: We open at nine.',
  ]);
  const [, question, answer] = test.session.transcript;
  // 16 letters of 60 ms from 1,000 ms on; the detector looks at windows of 32 ms.
  expect(question!.startMs).toBeCloseTo(1_000, -2);
  expect(question!.endMs).toBeCloseTo(1_940, -2);
  expect(answer!.startMs).toBeGreaterThan(question!.endMs + 450);
  expect(turns).toHaveLength(1);
  expect(turns[0]!.endOfSpeechToFirstAudioMs).toBeGreaterThanOrEqual(480);
  expect(turns[0]!.endOfSpeechToFirstAudioMs).toBeLessThan(580);
  expect(states).toEqual(['speaking', 'listening', 'thinking', 'speaking', 'listening']);
  await test.call.hangUp();
});

test.each<ToneSpeechOptions>([
  { ttsSampleRate: 24000, sttSampleRate: 8000, vadSampleRate: 16000 },
  { ttsSampleRate: 8000, sttSampleRate: 16000, vadSampleRate: 8000 },
  { ttsSampleRate: 48000, sttSampleRate: 24000, vadSampleRate: 48000 },
])('detector, recogniser and synthesiser may have rates of their own: %j', async (rates) => {
  const test = await TestCall.connect(makeAgent({}, rates));
  await test.clock.advance(1_000);
  test.phone.say('when do you open');
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.We open at nine.');
  await test.call.hangUp();
});

test('what the caller said before the agent was there is answered behind the greeting', async () => {
  const test = await TestCall.ring();
  test.phone.say('when do you open');
  await test.clock.advance(3_000);
  await test.join(makeAgent());
  await test.attach();
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.We open at nine.');
  expect(test.lines).toEqual([
    'caller: when do you open',
    'agent: AI here.',
    'agent: We open at nine.',
  ]);
  await test.call.hangUp();
});

test('two turns in one burst keep their words apart, and are answered together', async () => {
  const asked: string[] = [];
  const test = await TestCall.ring();
  test.phone.say('hello');
  test.phone.sound(new Int16Array(8 * 1_000));
  test.phone.say('anyone there');
  await test.clock.advance(3_000);
  await test.join(
    makeAgent({
      responder: ({ text }) => {
        asked.push(text);
        return 'Yes.';
      },
    }),
  );
  await test.attach();
  await test.clock.advance(3_000);
  expect(asked).toEqual(['hello anyone there']);
  expect(test.lines).toEqual([
    'caller: hello',
    'caller: anyone there',
    'agent: AI here.',
    'agent: Yes.',
  ]);
  await test.call.hangUp();
});

test('a word that is being said while the agent comes is whole', async () => {
  const test = await TestCall.ring();
  await test.clock.advance(1_500);
  test.phone.say('when do you open');
  await test.clock.advance(500);
  await test.join(makeAgent({ protectGreeting: true }));
  await test.attach();
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.We open at nine.');
  expect(test.lines).toContain('caller: when do you open');
  await test.call.hangUp();
});

test('the greeting is rendered once for all calls', async () => {
  const speech = createToneSpeech();
  const rendered: string[] = [];
  const agent = makeAgent({
    tts: {
      sampleRate: speech.tts.sampleRate,
      synthesize(text, options) {
        rendered.push(text);
        return speech.tts.synthesize(text, options);
      },
    },
  });
  for (let call = 0; call < 2; call++) {
    const test = await TestCall.connect(agent);
    await test.clock.advance(1_000);
    expect(test.phone.heard).toBe('AI here.');
    await test.call.hangUp();
  }
  expect(rendered.filter((text) => text === 'AI here.')).toHaveLength(1);
  expect(rendered).toHaveLength(5);
});

test.each([
  ['Hello.', undefined, 'Hello.I am an AI assistant.'],
  ['Hello, I am the AI of the library.', undefined, 'Hello, I am the AI of the library.'],
  ['Hallo.', 'Ich bin eine KI.', 'Hallo.Ich bin eine KI.'],
  ['Hello.', false, 'Hello.'],
  [undefined, undefined, 'I am an AI assistant.'],
])('greeting %j with disclosure %j is %j', async (greeting, aiDisclosure, heard) => {
  const test = await TestCall.connect(makeAgent({ greeting, aiDisclosure }));
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe(heard);
  await test.call.hangUp();
});

test('others in the call are not listened to', async () => {
  const test = await TestCall.connect(makeAgent());
  await test.clock.advance(1_000);
  const other = await test.edgeCall.join({ id: 'colleague' }, { sampleRate: 16000 });
  const samples = encodeTones('when do you open', 16000);
  for (let at = 0; at + 320 <= samples.length; at += 320) {
    const piece = samples.subarray(at, at + 320);
    other.publish({ samples: piece, sampleRate: 16000, timestampSamples: at });
    await test.clock.advance(20);
  }
  await test.clock.advance(2_000);
  expect(test.lines).toEqual(['agent: AI here.']);
  await test.call.hangUp();
});

test('an answer is spoken sentence by sentence while it is being made', async () => {
  const test = await TestCall.connect(
    makeAgent({
      async *responder() {
        yield 'One two';
        yield ' three. Four';
        await new Promise<void>((resolve) => test.clock.setTimeout(resolve, 900));
        yield ' five.';
      },
    }),
  );
  await test.clock.advance(1_000);
  test.phone.say('go');
  await test.clock.advance(1_500);
  expect(test.phone.heard).toBe('AI here.One two three.');
  await test.clock.advance(1_500);
  expect(test.phone.heard).toBe('AI here.One two three.Four five.');
  await test.call.hangUp();
});

test('a lost media stream that comes back goes on in the same media time', async () => {
  const test = await TestCall.connect(makeAgent());
  await test.clock.advance(1_000);
  test.phone.say('when do you open');
  await test.clock.advance(4_000);
  const second = new LoopbackPhone(test.clock);
  test.call.own(() => second.hangUp());
  test.phone.hangUp();
  await test.clock.advance(100);
  test.bridge.replaceMedia(second.media);
  second.say('when do you open');
  await test.clock.advance(4_000);
  expect(second.heard).toBe('We open at nine.');
  const starts = test.session.transcript.map(({ startMs }) => startMs);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  await test.call.hangUp();
});
