import { ManualClock } from '@phone-agents/core/testing';
import type { AgentSessionEvents } from './session-events.ts';
import { TestCall } from './testing/test-call.ts';
import type { ToneSpeechOptions } from './testing/tone-speech.ts';
import { createToneSpeech } from './testing/tone-speech.ts';
import type { ResponderRequest } from './thinking/responder.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import { createVoiceAgent } from './voice-agent.ts';

const STORY = 'Alpha beta gamma delta. Epsilon zeta eta theta iota kappa. Lambda mu nu xi.';
const STORY_HEARD = STORY.replaceAll('. ', '.');

interface Started {
  readonly test: TestCall;
  readonly requests: ResponderRequest[];
  readonly events: string[];
}

async function start(
  options: Partial<VoiceAgentOptions> | ((clock: ManualClock) => Partial<VoiceAgentOptions>) = {},
  speech: ToneSpeechOptions = {},
): Promise<Started> {
  const clock = new ManualClock();
  const requests: ResponderRequest[] = [];
  const agent = createVoiceAgent({
    ...createToneSpeech(speech),
    greeting: 'AI here.',
    responder: (request) => {
      requests.push(request);
      return request.text === 'story' ? STORY : 'Yes.';
    },
    ...(typeof options === 'function' ? options(clock) : options),
  });
  const test = await TestCall.connect(agent, clock);
  const events: string[] = [];
  const note = <Name extends keyof AgentSessionEvents>(name: Name): void =>
    void test.session.on(name, () => events.push(name));
  note('interruption-accepted');
  note('speech-resumed');
  await clock.advance(1_000);
  return { test, requests, events };
}

test('a cough stops the agent, which then goes on where it stopped: nothing is lost and nothing said twice', async () => {
  const { test, requests, events } = await start();
  test.phone.say('story');
  await test.clock.advance(3_000);
  test.phone.cough(500);
  await test.clock.advance(600);
  const silentAt = test.phone.heard;
  await test.clock.advance(400);
  expect(test.phone.heard).toBe(silentAt);
  expect(test.session.state).toBe('listening');
  await test.clock.advance(8_000);
  expect(events).toEqual(['interruption-accepted', 'speech-resumed']);
  // A letter that is cut in two is read as two, or not at all.
  const story = test.phone.heard.slice('AI here.'.length);
  expect(story.length).toBeGreaterThanOrEqual(STORY_HEARD.length - 1);
  expect(story.length).toBeLessThanOrEqual(STORY_HEARD.length + 1);
  expect(test.lines).toEqual(['agent: AI here.', 'caller: story', `agent: ${STORY}`]);
  expect(requests).toHaveLength(1);
  await test.call.hangUp();
});

test('a cough while the agent thinks changes nothing', async () => {
  const { test } = await start((clock) => ({
    responder: async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 1_200));
      return 'Thought.';
    },
  }));
  test.phone.say('question');
  await test.clock.advance(1_300);
  expect(test.session.state).toBe('thinking');
  test.phone.cough();
  await test.clock.advance(4_000);
  expect(test.phone.heard).toBe('AI here.Thought.');
  await test.call.hangUp();
});

test('with a number of words required, noise does not even stop the agent, and words do', async () => {
  const { test, events } = await start({ minInterruptionWords: 2 }, { interim: true });
  test.phone.say('story');
  await test.clock.advance(2_000);
  test.phone.cough(800);
  await test.clock.advance(1_500);
  expect(events).toEqual([]);
  test.phone.say('stop it now');
  await test.clock.advance(500);
  expect(events).toEqual([]);
  await test.clock.advance(2_500);
  expect(events).toEqual(['interruption-accepted']);
  expect(test.lines.slice(-2)).toEqual(['caller: stop it now', 'agent: Yes.']);
  await test.call.hangUp();
});

test('the agent does not take its own echo for the caller, but hears the caller through it', async () => {
  const { test, requests, events } = await start();
  test.phone.echo(160, 0.4);
  test.phone.say('story');
  await test.clock.advance(7_500);
  expect(events).toEqual([]);
  expect(test.phone.heard).toBe(`AI here.${STORY_HEARD}`);
  await test.clock.advance(2_000);
  // Nor does it answer to it when it has finished.
  expect(requests.map(({ text }) => text)).toEqual(['story']);
  test.phone.say('story');
  await test.clock.advance(3_000);
  test.phone.say('stop there');
  await test.clock.advance(700);
  expect(events).toEqual(['interruption-accepted']);
  await test.call.hangUp();
});

test('the answer is prepared while the caller pauses, and is heard as soon as the turn is over', async () => {
  const slow = (clock: ManualClock): Partial<VoiceAgentOptions> => ({
    responder: async ({ text }) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 200));
      return `You said ${text}.`;
    },
  });
  const measure = async (early: false | undefined): Promise<[number, boolean]> => {
    const { test } = await start((clock) => ({ ...slow(clock), earlyReplySilenceMs: early }), {
      interim: true,
    });
    const taken: [number, boolean][] = [];
    test.session.on('turn-measured', (turn) =>
      taken.push([turn.endOfSpeechToFirstAudioMs, turn.isEarly]),
    );
    test.phone.say('hello world');
    await test.clock.advance(5_000);
    expect(test.phone.heard).toBe('AI here.You said hello world.');
    await test.call.hangUp();
    return taken[0]!;
  };
  const [lateMs, wasEarly] = await measure(false);
  const [earlyMs, isEarly] = await measure(undefined);
  expect([wasEarly, isEarly]).toEqual([false, true]);
  expect(lateMs - earlyMs).toBeGreaterThanOrEqual(180);
});

test('an early answer is dropped without a sound when the caller goes on', async () => {
  const { test, requests } = await start({}, { interim: true });
  test.phone.say('hello');
  await test.clock.advance(300 + 380);
  expect(requests.map(({ text }) => text)).toEqual(['hello']);
  test.phone.say(' world');
  await test.clock.advance(3_000);
  expect(requests[0]!.signal.aborted).toBe(true);
  expect(requests.at(-1)!.text).toBe('hello world');
  expect(test.phone.heard).toBe('AI here.Yes.');
  expect(test.lines).toEqual(['agent: AI here.', 'caller: hello world', 'agent: Yes.']);
  await test.call.hangUp();
});

test('a recogniser that finds the end of a turn itself is believed', async () => {
  const { test } = await start({ endOfTurnSilenceMs: 3_000 }, { ownEndOfTurnMs: 200 });
  const startedMs = test.phone.elapsedMs;
  test.phone.say('hello');
  await test.clock.advance(1_500);
  expect(test.lines).toEqual(['agent: AI here.', 'caller: hello', 'agent: Yes.']);
  expect(test.phone.firstSoundMs).toBeLessThan(startedMs);
  test.phone.say('again');
  await test.clock.advance(4_000);
  expect(test.lines.slice(3)).toEqual(['caller: again', 'agent: Yes.']);
  await test.call.hangUp();
});

test('a turn that does not seem complete waits for the rest', async () => {
  const judged: string[] = [];
  const { test, requests } = await start({
    isTurnComplete: ({ text }) => {
      judged.push(text);
      return !text.endsWith('and');
    },
  });
  test.phone.say('milk and');
  await test.clock.advance(2_000);
  expect(test.session.state).toBe('listening');
  test.phone.say('bread');
  await test.clock.advance(2_000);
  expect(judged).toEqual(['milk and', 'milk and bread']);
  expect(requests.map(({ text }) => text)).toEqual(['milk and bread']);
  expect(test.lines.slice(1)).toEqual(['caller: milk and bread', 'agent: Yes.']);
  test.phone.say('eggs and');
  await test.clock.advance(1_000);
  test.phone.cough();
  await test.clock.advance(1_200);
  expect(requests).toHaveLength(1);
  // The caller does not go on, so that is taken for all.
  await test.clock.advance(1_500);
  expect(requests[1]!.text).toBe('eggs and');
  await test.call.hangUp();
});

test('the caller who waits hears a filler, and the answer behind it', async () => {
  const { test } = await start((clock) => ({
    fillers: { afterMs: 1_000, sentences: ['Wait.', 'Still.'] },
    responder: async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 3_000));
      return 'Here it is.';
    },
  }));
  test.phone.say('question');
  await test.clock.advance(480 + 1_000 + 250);
  expect(test.phone.heard).toMatch(/^AI here\.Wai?/);
  await test.clock.advance(6_000);
  expect(test.phone.heard).toBe('AI here.Wait.Still.Here it is.');
  expect(test.lines.slice(1)).toEqual([
    'caller: question',
    'agent: Wait.',
    'agent: Still.',
    'agent: Here it is.',
  ]);
  await test.call.hangUp();
});

test('hanging up waits for a filler alone too', async () => {
  const { test } = await start((clock) => ({
    fillers: { afterMs: 1_000, sentences: ['Wait a moment.'] },
    responder: async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 700));
      return '';
    },
  }));
  test.phone.say('question');
  await test.clock.advance(480 + 1_100);
  void test.session.hangUp();
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Wait a moment.');
  expect(test.call.endInfo?.reason).toBe('agent-hung-up');
});

test('an answer that comes in time has no filler, and a silent caller none either', async () => {
  const { test } = await start();
  test.phone.say('question');
  await test.clock.advance(20_000);
  expect(test.phone.heard).toBe('AI here.Yes.');
  await test.call.hangUp();
});

test('a silent caller is asked, and in the end the agent says goodbye and hangs up', async () => {
  const { test } = await start({
    silence: { afterMs: 3_000, prompts: ['Hello?', 'Well?'], goodbye: 'Bye.' },
  });
  await test.clock.advance(3_500);
  expect(test.phone.heard).toBe('AI here.Hello?');
  test.phone.say('yes');
  await test.clock.advance(3_000);
  expect(test.phone.heard).toBe('AI here.Hello?Yes.');
  // Counted anew, for the caller has spoken.
  await test.clock.advance(11_000);
  expect(test.phone.heard).toBe('AI here.Hello?Yes.Hello?Well?Bye.');
  expect(test.call.endInfo?.reason).toBe('agent-hung-up');
  expect(test.clock.timerCount).toBe(0);
});

test('at the time limit the agent says goodbye and ends the call', async () => {
  const { test } = await start({ timeLimit: { afterMs: 4_000, goodbye: 'Time is up.' } });
  test.phone.say('story');
  await test.clock.advance(5_000);
  expect(test.phone.heard).toMatch(/^AI here\.Alpha.*Time is up\.$/);
  expect(test.call.endInfo?.reason).toBe('max-duration-reached');
  expect(test.clock.timerCount).toBe(0);
});
