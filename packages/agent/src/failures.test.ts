import { getEventListeners } from 'node:events';
import { PhoneAgentError, silentLogger } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import type { SpeechToText, Transcript } from './listening/speech-to-text.ts';
import { TestCall } from './testing/test-call.ts';
import { createToneSpeech } from './testing/tone-speech.ts';
import type { TextToSpeech } from './speaking/text-to-speech.ts';
import type { VoiceActivityDetector } from './listening/voice-activity-detector.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import { createVoiceAgent } from './voice-agent.ts';

const speech = createToneSpeech();
const APOLOGY = { notUnderstood: 'Pardon?', failed: 'Oh dear.' };

async function connect(options: Partial<VoiceAgentOptions>): Promise<TestCall> {
  const agent = createVoiceAgent({
    ...speech,
    greeting: 'AI here.',
    responder: ({ text }) => `You said ${text}.`,
    apology: APOLOGY,
    fillers: false,
    ...options,
  });
  const test = await TestCall.connect(agent);
  await test.clock.advance(1_000);
  return test;
}

/** The recogniser, but the first `count` turns end as `end` says. */
function failingRecogniser(count: number, end: () => Promise<Transcript>): SpeechToText {
  return {
    sampleRate: speech.stt.sampleRate,
    async open(options) {
      const stream = await speech.stt.open(options);
      return {
        write: (frame) => stream.write(frame),
        discardTurn: () => stream.discardTurn(),
        close: () => stream.close(),
        endTurn: () => (count-- > 0 ? end() : stream.endTurn()),
      };
    },
  };
}

/** The synthesiser, but sentences with `word` fail. */
function failingSynthesiser(word: string): TextToSpeech {
  return {
    sampleRate: speech.tts.sampleRate,
    async *synthesize(text, options) {
      if (text.includes(word)) throw new Error('no voice');
      yield* speech.tts.synthesize(text, options);
    },
  };
}

const hang = (): Promise<never> => new Promise<never>(() => {});
const fail = (): Promise<never> => Promise.reject(new Error('lost'));

test.each([
  ['fails', fail, 1_500],
  ['hangs', hang, 3_500],
])(
  'a recogniser that %s: the agent says so, and understands the next turn',
  async (_, fault, withinMs) => {
    const test = await connect({ stt: failingRecogniser(1, fault) });
    test.phone.say('one');
    await test.clock.advance(withinMs);
    expect(test.phone.heard).toBe('AI here.Pardon?');
    test.phone.say('two');
    await test.clock.advance(3_000);
    expect(test.phone.heard).toBe('AI here.Pardon?You said two.');
    await test.call.hangUp();
  },
);

test('a recogniser that breaks between turns is opened anew, and nothing is lost', async () => {
  let report: ((error: unknown) => void) | undefined;
  let opened = 0;
  const test = await connect({
    stt: {
      sampleRate: speech.stt.sampleRate,
      open(options) {
        opened++;
        report = options?.onError;
        return speech.stt.open(options);
      },
    },
  });
  report!(new Error('socket lost'));
  await test.clock.advance(100);
  test.phone.say('one');
  await test.clock.advance(3_000);
  expect(opened).toBe(2);
  expect(test.phone.heard).toBe('AI here.You said one.');
  await test.call.hangUp();
});

test('a recogniser that breaks during a turn: the agent asks again', async () => {
  let report: ((error: unknown) => void) | undefined;
  const test = await connect({
    stt: {
      sampleRate: speech.stt.sampleRate,
      open(options) {
        report = options?.onError;
        return speech.stt.open(options);
      },
    },
  });
  test.phone.say('one two three');
  await test.clock.advance(500);
  report!(new Error('socket lost'));
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.Pardon?');
  await test.call.hangUp();
});

test('a detector that breaks is opened anew', async () => {
  let report: ((error: unknown) => void) | undefined;
  const vad: VoiceActivityDetector = {
    sampleRate: speech.vad.sampleRate,
    tailMs: speech.vad.tailMs,
    open(options) {
      report = options.onError;
      return speech.vad.open(options);
    },
  };
  const test = await connect({ vad });
  report!(new Error('worker lost'));
  await test.clock.advance(100);
  test.phone.say('one');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.You said one.');
  await test.call.hangUp();
});

test('a detector that gives no decisions at all ends the call rather than leaving it deaf', async () => {
  const vad: VoiceActivityDetector = {
    sampleRate: 16000,
    tailMs: 0,
    open: async () => ({ write: () => {}, close: async () => {} }),
  };
  const test = await connect({ vad });
  await test.clock.advance(120_000);
  expect(test.call.endInfo?.reason).toBe('agent-failed');
});

test.each<[string, VoiceAgentOptions['responder']]>([
  [
    'throws',
    () => {
      throw new Error('bug');
    },
  ],
  ['rejects', () => Promise.reject(new Error('quota'))],
  ['hangs', () => hang()],
])('a responder that %s: the agent says so', async (_, responder) => {
  const test = await connect({ responder });
  test.phone.say('one');
  await test.clock.advance(7_500);
  expect(test.phone.heard).toBe('AI here.Oh dear.');
  await test.call.hangUp();
});

test('a responder that breaks off: what there was is said, then the apology', async () => {
  const test = await connect({
    async *responder() {
      yield 'First part. Sec';
      throw new Error('cut');
    },
  });
  test.phone.say('one');
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.First part.Oh dear.');
  expect(test.lines.slice(-2)).toEqual(['agent: First part.', 'agent: Oh dear.']);
  await test.call.hangUp();
});

test('a sentence that cannot be spoken is apologised for', async () => {
  const test = await connect({ tts: failingSynthesiser('said') });
  test.phone.say('one');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Oh dear.');
  const said = test.session.say('She said so.');
  await test.clock.advance(100);
  expect((await said.finished).error).toEqual(new Error('no voice'));
  await test.call.hangUp();
});

test('speech without a word is asked about, a short sound is not', async () => {
  const wordless = failingRecogniser(2, () => Promise.resolve({ text: '' }));
  const test = await connect({ stt: wordless });
  const hum = new Int16Array(8 * 600).map((_, i) => 3_000 * Math.sin(i * 0.7));
  test.phone.sound(hum.subarray(0, 8 * 150));
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.');
  test.phone.sound(hum);
  await test.clock.advance(2_000);
  expect(test.phone.heard).toBe('AI here.Pardon?');
  await test.call.hangUp();
});

test('three failures in a row end the call with the error', async () => {
  const error = new Error('quota');
  const test = await connect({ responder: () => Promise.reject(error) });
  for (let turn = 0; turn < 3; turn++) {
    expect(test.call.endInfo).toBeUndefined();
    test.phone.say('one');
    await test.clock.advance(3_000);
  }
  expect(test.call.endInfo).toMatchObject({ reason: 'agent-failed', error });
  expect(test.phone.heard).toBe('AI here.Oh dear.Oh dear.');
});

test.each<[string, Partial<VoiceAgentOptions>]>([
  ['synthesiser', { tts: failingSynthesiser('AI') }],
  ['recogniser', { stt: { sampleRate: 16000, open: () => fail() } }],
  ['detector', { vad: { sampleRate: 16000, tailMs: 0, open: () => fail() } }],
])('a %s that fails before the call makes join reject, and leaves nothing', async (_, options) => {
  const test = await TestCall.ring();
  const agent = createVoiceAgent({
    ...speech,
    greeting: 'AI.',
    responder: () => 'Yes.',
    ...options,
  });
  await expect(test.join(agent)).rejects.toThrow(/no voice|lost/);
  const other = await test.edgeCall.join({ id: 'probe' }, { sampleRate: 16000 });
  expect(other.participants).toEqual([]);
  await test.call.hangUp();
});

test('bad options are named all at once', () => {
  const make = (): unknown =>
    createVoiceAgent({
      stt: speech.stt,
      endOfTurnSilenceMs: -1,
      maxTurnMs: 0,
      apology: { failed: ' ' },
    } as unknown as VoiceAgentOptions);
  expect(make).toThrow(PhoneAgentError);
  expect(make).toThrow(/tts: .*model: .*vad: .*maxTurnMs: .*endOfTurnSilenceMs: .*apology.failed/);
});

test('the call may end at any moment, and nothing is left', async () => {
  // Each stage of join takes its own time, so that the end falls into each of them, and into all of the talk.
  const stages: Record<string, number> = {};
  for (let endMs = 0; endMs <= 3_600; endMs += endMs < 400 ? 25 : 160) {
    const clock = new ManualClock();
    const open = { streams: 0 };
    const slow = <T>(value: T, delayMs: number): Promise<T> =>
      new Promise((resolve) => clock.setTimeout(() => resolve(value), delayMs));
    const timed = createToneSpeech({ clock, synthesisDelayMs: 90, recognitionDelayMs: 120 });
    const counted = <S extends { close(): Promise<void> }>(stream: S): S => {
      open.streams++;
      const close = stream.close.bind(stream);
      stream.close = () => (open.streams--, close());
      return stream;
    };
    const agent = createVoiceAgent({
      tts: timed.tts,
      stt: {
        sampleRate: 16000,
        prepare: () => slow(undefined, 50),
        open: async (options) => slow(counted(await timed.stt.open(options)), 100),
      },
      vad: {
        ...timed.vad,
        prepare: () => slow(undefined, 120),
        open: async (options) => slow(counted(await timed.vad.open(options)), 80),
      },
      greeting: 'AI here.',
      responder: async function* () {
        yield await slow('Yes. ', 80);
        yield await slow('It is.', 200);
      },
    });
    const test = await TestCall.ring(clock);
    const { call, edgeCall } = test;
    const slowEdge = {
      id: edgeCall.id,
      signal: edgeCall.signal,
      join: async (...args: Parameters<typeof edgeCall.join>) =>
        slow(await edgeCall.join(...args), 60),
      end: () => edgeCall.end(),
    };
    test.phone.say('hi');
    clock.setTimeout(() => void call.hangUp(), endMs);
    const joining = agent
      .join(slowEdge, { call, signal: call.signal, clock, logger: silentLogger })
      .then(async (session) => {
        test.session = session;
        stages.joined = (stages.joined ?? 0) + 1;
        await test.attach();
        clock.setTimeout(() => test.phone.say('go'), 400);
        clock.setTimeout(() => test.phone.say('stop it'), 2_000);
      })
      .catch(() => (stages.rejected = (stages.rejected ?? 0) + 1));
    await clock.advance(8_000);
    await joining;
    expect(call.endInfo?.reason).toBe('hung-up');
    expect({ endMs, timers: clock.timerCount, ...open }).toEqual({ endMs, timers: 0, streams: 0 });
    expect(getEventListeners(call.signal, 'abort')).toEqual([]);
  }
  expect(stages.rejected).toBeGreaterThan(5);
  expect(stages.joined).toBeGreaterThan(15);
});

test('a session that is closed while the call goes on leaves the edge and lets go of the call', async () => {
  const test = await connect({});
  const before = test.clock.timerCount;
  const listeners = getEventListeners(test.call.signal, 'abort').length;
  const speaking = test.session.say('A long announcement.');
  await test.clock.advance(200);
  await test.session.close();
  expect(await speaking.finished).toMatchObject({ interrupted: true });
  expect(getEventListeners(test.call.signal, 'abort')).toHaveLength(listeners - 1);
  const said = test.session.transcript.length;
  test.call.receiveDigit('1');
  await test.clock.advance(1_000);
  expect(test.session.transcript).toHaveLength(said);
  expect(test.clock.timerCount).toBe(before);
  const probe = await test.edgeCall.join({ id: 'probe' }, { sampleRate: 16000 });
  expect(probe.participants.map(({ id }) => id)).toEqual(['phone']);
  await test.call.hangUp();
  expect(test.clock.timerCount).toBe(0);
});
