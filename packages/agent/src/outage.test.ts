import { ManualClock } from '@phone-agents/core/testing';
import type { SpeechToText } from './listening/speech-to-text.ts';
import type { TextToSpeech } from './speaking/text-to-speech.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { TestCall } from './testing/test-call.ts';
import { createToneSpeech } from './testing/tone-speech.ts';
import type { VoiceAgentOptions } from './voice-agent-options.ts';
import { createVoiceAgent } from './voice-agent.ts';

/** Longer than this nobody may wait in silence. */
const DEAD_AIR_MS = 2_000;
const speech = createToneSpeech();
const hang = (): Promise<never> => new Promise<never>(() => {});

/** The synthesiser until its vendor is gone: after the fixed sentences are rendered. */
function dyingVoice(end: 'fails' | 'hangs'): TextToSpeech & { isGone: boolean } {
  return {
    isGone: false,
    sampleRate: speech.tts.sampleRate,
    async *synthesize(text, options) {
      if (this.isGone && end === 'hangs') await hang();
      if (this.isGone) throw new Error('gone');
      yield* speech.tts.synthesize(text, options);
    },
  };
}

function hangingRecogniser(): SpeechToText {
  return {
    sampleRate: speech.stt.sampleRate,
    async open(options) {
      const stream = await speech.stt.open(options);
      return {
        write: (frame) => stream.write(frame),
        discardTurn: () => stream.discardTurn(),
        close: () => stream.close(),
        endTurn: hang,
      };
    },
  };
}

/** Speaks once, and tells the longest silence at the ear until the agent has come to an end. */
async function longestSilence(
  options: Partial<VoiceAgentOptions>,
  beforeSpeaking: () => void = () => {},
): Promise<{ readonly silenceMs: number; readonly heard: string }> {
  const clock = new ManualClock();
  const agent = createVoiceAgent({
    ...speech,
    greeting: 'AI here.',
    model: scriptedModel([], { clock, otherwise: { hangs: true } }),
    ...options,
  });
  await agent.prepare();
  const test = await TestCall.connect(agent, clock);
  await clock.advance(1_000);
  beforeSpeaking();
  test.phone.say('hello?');
  await clock.advance(360);
  let silenceMs = 0;
  let silentSince = test.phone.elapsedMs;
  for (let passed = 0; passed < 25_000 && !test.call.endInfo; passed += 100) {
    await clock.advance(100);
    const now = test.phone.elapsedMs;
    const lastSoundMs = test.phone.lastSoundMs;
    silentSince = Math.max(silentSince, lastSoundMs);
    const isAgentsTurn = test.session.state !== 'listening' || passed < 3_000;
    if (isAgentsTurn) silenceMs = Math.max(silenceMs, now - silentSince);
    if (test.phone.heard.endsWith('again.') && test.session.state === 'listening') break;
    if (test.phone.heard.endsWith('you.') && test.session.state === 'listening') break;
  }
  const { heard } = test.phone;
  await test.call.hangUp();
  return { silenceMs, heard };
}

test('the model is gone: a filler, then the apology, and no dead air', async () => {
  const { silenceMs, heard } = await longestSilence({});
  expect(heard).toMatch(/One moment, please\..*Please try again\.$/);
  expect(silenceMs).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test.each(['fails', 'hangs'] as const)(
  'a synthesiser that %s: rendered sentences alone',
  async (end) => {
    const tts = dyingVoice(end);
    const { silenceMs, heard } = await longestSilence(
      { tts, model: scriptedModel([], { otherwise: 'Words without a voice.' }) },
      () => (tts.isGone = true),
    );
    expect(heard).not.toContain('Words');
    expect(heard).toMatch(/Please try again\.$/);
    expect(silenceMs).toBeLessThanOrEqual(DEAD_AIR_MS);
  },
);

test('a synthesiser that hangs: the fallback speaks', async () => {
  const tts = dyingVoice('hangs');
  const { silenceMs, heard } = await longestSilence(
    {
      tts,
      fallbackTts: speech.tts,
      model: scriptedModel([], { otherwise: 'Spoken by the other, again.' }),
    },
    () => (tts.isGone = true),
  );
  expect(heard).toMatch(/Spoken by the other, again\.$/);
  expect(silenceMs).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test('the recogniser is gone: the agent says that it has not understood', async () => {
  const { silenceMs, heard } = await longestSilence({ stt: hangingRecogniser() });
  expect(heard).toMatch(/I did not understand you\.$/);
  expect(silenceMs).toBeLessThanOrEqual(DEAD_AIR_MS);
});
