import { createAudioCodec, createResampler } from '@phone-agents/core';
import type { AudioFrame, SampleRate } from '@phone-agents/core';
import { decodeTones, encodeTones } from './tone-code.ts';
import { createToneSpeech } from './tone-speech.ts';

const TEXT = 'When do you open? Um neun, schön.';

test.each<SampleRate>([8000, 16000, 24000, 48000])(
  'text written into sound at %i Hz is read back',
  (rate) => {
    expect(decodeTones(encodeTones(TEXT, rate), rate)).toBe(TEXT);
    expect(decodeTones(encodeTones(TEXT, rate, 'caller'), rate)).toBe(TEXT);
  },
);

test.each(['PCMU', 'PCMA'] as const)('text survives %s and two resamplers', (encoding) => {
  const codec = createAudioCodec({ encoding, sampleRate: 8000 });
  const down = createResampler(16000, 8000);
  const up = createResampler(8000, 16000);
  const spoken = encodeTones(TEXT, 16000);
  const heard = new Int16Array(spoken.length);
  const bytes = new Uint8Array(160);
  const decoded = new Int16Array(160);
  for (let at = 0; at + 320 <= spoken.length; at += 320) {
    codec.encode(down.process(spoken.subarray(at, at + 320)), bytes);
    codec.decode(bytes, decoded);
    heard.set(up.process(decoded), at);
  }
  expect(decodeTones(heard, 16000)).toBe(TEXT);
});

test('noise holds no letters', () => {
  let state = 1;
  const noise = Int16Array.from({ length: 16_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 12_000) - 6_000;
  });
  const bursts = noise.map((sample, index) => (index % 960 < 640 ? sample : 0));
  expect(decodeTones(bursts, 16000)).toBe('');
});

test('a burst that was cut off is no letter', () => {
  const spoken = encodeTones('ab', 16000);
  expect(decodeTones(spoken.subarray(0, 960 + 320), 16000)).toBe('a');
  expect(decodeTones(new Int16Array(3200), 16000)).toBe('');
});

test('the detector reports where sound begins and ends, after the call that brought it', async () => {
  const { vad } = createToneSpeech();
  const reported: string[] = [];
  const stream = await vad.open({
    onActivity: ({ type, timestampSamples }) => reported.push(`${type} ${timestampSamples / 16}`),
  });
  const sound = new Int16Array(16000);
  sound.set(encodeTones('hello', 16000), 16 * 320);
  for (let at = 0; at < sound.length; at += 320)
    stream.write({ ...frameOf(sound, at), samples: sound.subarray(at, at + 320) });
  expect(reported).toEqual([]);
  await Promise.resolve();
  // Five letters of 60 ms from 320 ms on; windows are 32 ms long.
  expect(reported).toEqual(['speech-started 320', 'speech-ended 608']);
});

test('the recogniser gives the words of each turn alone', async () => {
  const { stt, tts } = createToneSpeech();
  const stream = await stt.open();
  const say = async (text: string): Promise<void> => {
    for await (const samples of tts.synthesize(text)) stream.write(frameOf(samples, 0));
  };
  await say('first');
  const first = stream.endTurn();
  await say('second');
  expect(await first).toEqual({ text: 'first' });
  await say(' and more');
  expect(await stream.endTurn()).toEqual({ text: 'second and more' });
  await say('a cough');
  stream.discardTurn();
  expect(await stream.endTurn()).toEqual({ text: '' });
});

function frameOf(samples: Int16Array, at: number): AudioFrame {
  return { samples: samples.subarray(at, at + 1120), sampleRate: 16000, timestampSamples: at };
}
