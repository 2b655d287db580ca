import { ToneEar, ToneGenerator, toneSamples, toneShare } from './tone.ts';

test('the share of a tone is 1 for it, small for another, 0 for silence', () => {
  const samples = toneSamples(1_037, 16000, 200);
  expect(samples).toHaveLength(3_200);
  expect(toneShare(samples, 16000, 1_037)).toBeGreaterThan(0.99);
  expect(toneShare(samples, 16000, 440)).toBeLessThan(0.01);
  expect(toneShare(new Int16Array(3_200), 16000, 440)).toBe(0);
});

test('a generator goes on without a click', () => {
  const whole = toneSamples(440, 8000, 100);
  const generator = new ToneGenerator(440, 8000);
  const pieces = Array.from({ length: 5 }, () => [...generator.fill(new Int16Array(160))]).flat();
  const worst = Math.max(...pieces.map((sample, i) => Math.abs(sample - whole[i]!)));
  expect(worst).toBeLessThanOrEqual(1);
});

test('an ear knows which tone it hears, and forgets', () => {
  const ear = new ToneEar();
  const generator = new ToneGenerator(440, 8000);
  const samples = new Int16Array(160);
  for (let i = 0; i < 13; i++) ear.hear({ samples: generator.fill(samples), sampleRate: 8000 });
  samples.fill(0);
  expect(ear.frames).toBe(13);
  expect(ear.hears(440)).toBe(true);
  expect(ear.hears(1_037)).toBe(false);
  ear.forget();
  expect(ear.hears(440)).toBe(false);
  expect(ear.level).toBe(0);
});

test('an ear hears no tone in silence, noise or a whisper', () => {
  const noise = new ToneEar();
  const whisper = new ToneEar();
  const quiet = new ToneGenerator(440, 8000, 100);
  let seed = 1;
  const samples = new Int16Array(160);
  for (let i = 0; i < 20; i++) {
    for (let at = 0; at < 160; at++) {
      seed = (seed * 48_271) % 2_147_483_647;
      samples[at] = (seed % 20_000) - 10_000;
    }
    noise.hear({ samples, sampleRate: 8000 });
    whisper.hear({ samples: quiet.fill(samples), sampleRate: 8000 });
  }
  expect(noise.level).toBeGreaterThan(4_000);
  expect(noise.hears(440)).toBe(false);
  expect(whisper.hears(440)).toBe(false);
});
