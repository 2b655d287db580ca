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
function dyingVoice(end: 'fails' | 'hangs' | 'breaks off'): TextToSpeech & { isGone: boolean } {
  return {
    isGone: false,
    sampleRate: speech.tts.sampleRate,
    async *synthesize(text, options) {
      if (this.isGone && end === 'hangs') await hang();
      if (this.isGone && end === 'fails') throw new Error('gone');
      for await (const chunk of speech.tts.synthesize(text, options)) {
        if (this.isGone) {
          yield chunk.slice(0, chunk.length / 2);
          throw new Error('gone in mid-sentence');
        }
        yield chunk;
      }
    },
  };
}

/** The recogniser until its vendor is gone. */
function dyingRecogniser(
  end: 'hangs' | 'drops' | 'drops for good',
): SpeechToText & { isGone: boolean } {
  let hasDropped = false;
  return {
    isGone: false,
    sampleRate: speech.stt.sampleRate,
    async open(options) {
      if (this.isGone && end === 'drops for good') throw new Error('no way in');
      const isGone = (): boolean => this.isGone;
      const stream = await speech.stt.open(options);
      return {
        write(frame) {
          if (isGone() && end !== 'hangs' && !hasDropped) {
            hasDropped = true;
            options?.onError?.(new Error('dropped'));
          }
          stream.write(frame);
        },
        discardTurn: () => stream.discardTurn(),
        close: () => stream.close(),
        endTurn: () => (isGone() && end === 'hangs' ? hang() : stream.endTurn()),
      };
    },
  };
}

interface Heard {
  readonly heard: string;
  readonly endReason: string | undefined;
}

/**
 * Speaks once when the vendor is gone, and waits until the agent has come to an end. Nowhere in what was
 * recorded at the ear, in media time, may there be more than 2 s without a sound.
 */
async function hearOutage(
  options: Partial<VoiceAgentOptions>,
  beforeSpeaking: () => void = () => {},
): Promise<Heard> {
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
  const spokenMs = test.phone.elapsedMs;
  let endedMs: number | undefined;
  test.call.signal.addEventListener('abort', () => (endedMs = test.phone.elapsedMs));
  await clock.advance(25_000);
  const { heard, lastSoundMs } = test.phone;
  const untilMs = endedMs ?? Math.max(lastSoundMs, spokenMs + DEAD_AIR_MS);
  const silenceMs = test.phone.longestSilenceMs(spokenMs, untilMs);
  expect(silenceMs).toBeLessThanOrEqual(DEAD_AIR_MS);
  const endReason = test.call.endInfo?.reason;
  await test.call.hangUp();
  return { heard, endReason };
}

test('the model is gone: a filler, then the apology', async () => {
  const { heard } = await hearOutage({});
  expect(heard).toMatch(/One moment, please\..*Please try again\.$/);
});

test('the model is gone: the fallback answers', async () => {
  const { heard } = await hearOutage({
    fallbackModel: scriptedModel([], { otherwise: 'I am the other, again.' }),
  });
  expect(heard).toMatch(/One moment, please\..*I am the other, again\.$/);
});

test.each([
  ['fails', /^AI here\.Sorry.*Please try again\.$/],
  ['hangs', /^AI here\.One moment, please\.Sorry.*Please try again\.$/],
  ['breaks off', /^AI here\.W.*Sorry.*Please try again\.$/],
] as const)('a synthesiser that %s: rendered sentences alone', async (end, words) => {
  const tts = dyingVoice(end);
  const { heard } = await hearOutage(
    { tts, model: scriptedModel([], { otherwise: 'Words without a voice.' }) },
    () => (tts.isGone = true),
  );
  expect(heard).not.toContain('voice');
  expect(heard).toMatch(words);
});

test.each(['fails', 'hangs'] as const)(
  'a synthesiser that %s: the fallback speaks',
  async (end) => {
    const tts = dyingVoice(end);
    const { heard } = await hearOutage(
      {
        tts,
        fallbackTts: speech.tts,
        model: scriptedModel([], { otherwise: 'Spoken by the other, again.' }),
      },
      () => (tts.isGone = true),
    );
    expect(heard).toMatch(/Spoken by the other, again\.$/);
  },
);

test.each(['hangs', 'drops'] as const)(
  'a recogniser that %s: the agent says that it has not understood',
  async (end) => {
    const stt = dyingRecogniser(end);
    const { heard } = await hearOutage({ stt }, () => (stt.isGone = true));
    expect(heard).toMatch(/I did not understand you\.$/);
  },
);

test('a recogniser that drops and cannot be opened anew: the call ends', async () => {
  const stt = dyingRecogniser('drops for good');
  const { endReason } = await hearOutage({ stt }, () => (stt.isGone = true));
  expect(endReason).toBe('agent-failed');
});
