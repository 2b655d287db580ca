import fc from 'fast-check';
import { createAudioCodec } from '../audio/audio-codec.ts';
import type { AudioFormat } from '../audio/audio-codec.ts';
import { InboundFramer } from './inbound-framer.ts';

const L16: AudioFormat = { encoding: 'L16', sampleRate: 8000 };

interface Heard {
  readonly timestampSamples: number;
  readonly samples: number[];
}

function create(reorderFrames = 3, format = L16) {
  const frames: Heard[] = [];
  const framer = new InboundFramer(createAudioCodec(format), reorderFrames, (frame) => {
    if (frame.sampleRate !== format.sampleRate) throw new Error('wrong rate');
    if (frame.samples.length !== format.sampleRate / 50) throw new Error('wrong length');
    frames.push({ timestampSamples: frame.timestampSamples, samples: [...frame.samples] });
  });
  const scratch = Buffer.alloc(20_000);
  return {
    framer,
    frames,
    /** Pushes samples as borrowed bytes, in a Buffer as sockets give it, overwritten afterwards. */
    push(samples: readonly number[], position?: { chunk: number; timestampMs: number }): void {
      const bytes = scratch.subarray(0, 2 * samples.length);
      samples.forEach((sample, i) => bytes.writeInt16LE(sample, 2 * i));
      framer.push(bytes, position);
      bytes.fill(0x55);
    },
    /** All audio that came, in one. */
    audio: () => frames.flatMap(({ samples }) => samples),
  };
}

/** The nth piece of 20 ms: its samples tell where they belong. */
function piece(n: number, samples = 160): number[] {
  return Array.from({ length: samples }, (_, i) => (n * samples + i) % 30_000);
}

function at(n: number): { chunk: number; timestampMs: number } {
  return { chunk: n + 1, timestampMs: n * 20 };
}

/** Equality without Jest's walk over every sample, which takes most of a property test's time. */
function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((sample, i) => sample === b[i]);
}

function expectContinuous(frames: readonly Heard[]): void {
  frames.forEach(({ timestampSamples }, i) => {
    if (i === 0 || timestampSamples === frames[i - 1]!.timestampSamples + 160) return;
    throw new Error(`Frame ${i} is at ${timestampSamples}`);
  });
}

test('whole frames go through bit for bit, with their media time', () => {
  const { push, frames } = create();
  for (let n = 0; n < 5; n++) push(piece(n), at(n));
  expect(frames).toEqual(
    [0, 1, 2, 3, 4].map((n) => ({ timestampSamples: n * 160, samples: piece(n) })),
  );
});

test('pieces without a number are taken as they come', () => {
  const { push, audio } = create();
  for (let n = 0; n < 3; n++) push(piece(n));
  expect(audio()).toEqual([piece(0), piece(1), piece(2)].flat());
});

test('pieces that come out of order are put in order, though their memory was used again', () => {
  const { push, frames, audio } = create();
  for (const n of [0, 2, 3, 1, 4, 6, 5]) push(piece(n), at(n));
  expect(audio()).toEqual([0, 1, 2, 3, 4, 5, 6].flatMap((n) => piece(n)));
  expectContinuous(frames);
});

test('pieces that come twice are dropped, whether they were heard or wait', () => {
  const { push, audio } = create();
  for (const n of [0, 0, 2, 2, 3, 2, 1, 1, 0, 3, 4]) push(piece(n), at(n));
  expect(audio()).toEqual([0, 1, 2, 3, 4].flatMap((n) => piece(n)));
});

test('a piece that does not come is silence, once others have waited for it', () => {
  const { push, frames, audio } = create(3);
  for (const n of [0, 2, 3, 4]) push(piece(n), at(n));
  expect(frames).toHaveLength(1);
  push(piece(5), at(5));
  expect(audio()).toEqual(
    [piece(0), piece(0).fill(0), ...[2, 3, 4, 5].map((n) => piece(n))].flat(),
  );
  expectContinuous(frames);
  // Too late now.
  push(piece(1), at(1));
  expect(frames).toHaveLength(6);
});

test('where the provider keeps the order, a gap is silence at once', () => {
  const { push, frames, audio } = create(0);
  for (const n of [0, 1, 4]) push(piece(n), at(n));
  expect(audio()).toEqual(
    [piece(0), piece(1), piece(0).fill(0), piece(0).fill(0), piece(4)].flat(),
  );
  expectContinuous(frames);
});

test('a gap that only the timestamps show is silence too', () => {
  const { push, frames } = create();
  push(piece(0), { chunk: 1, timestampMs: 0 });
  push(piece(1), { chunk: 2, timestampMs: 20 });
  push(piece(2), { chunk: 3, timestampMs: 540 });
  expect(frames).toHaveLength(28);
  expectContinuous(frames);
  expect(frames.at(-1)!.samples).toEqual(piece(2));
});

test('timestamps that wander a little leave the audio alone', () => {
  const { push, audio, frames } = create();
  const wander = [0, 12, -15, 40, -40, 30, 0, 45];
  wander.forEach((ms, n) => push(piece(n), { chunk: n + 1, timestampMs: 1_000 + n * 20 + ms }));
  expect(audio()).toEqual(wander.flatMap((_, n) => piece(n)));
  expectContinuous(frames);
});

test('a stream that begins late in its provider’s time begins at 0', () => {
  const { push, frames } = create();
  push(piece(0), { chunk: 700, timestampMs: 14_000 });
  push(piece(1), { chunk: 701, timestampMs: 14_020 });
  expect(frames.map(({ timestampSamples }) => timestampSamples)).toEqual([0, 160]);
});

test('in a long gap the media time jumps, and no silence is made up', () => {
  const { push, frames } = create(0);
  push(piece(0), { chunk: 1, timestampMs: 0 });
  push(piece(1), { chunk: 500, timestampMs: 10_000 });
  push(piece(2), { chunk: 501, timestampMs: 10_020 });
  expect(frames.map(({ timestampSamples }) => timestampSamples)).toEqual([0, 80_000, 80_160]);
  expect(frames[1]!.samples).toEqual(piece(1));
});

test('a long gap in the middle of a frame ends that frame first', () => {
  const { push, frames } = create(0);
  push(piece(0, 100), { chunk: 1, timestampMs: 0 });
  push(piece(1), { chunk: 2, timestampMs: 5_000 });
  expect(frames.map(({ timestampSamples }) => timestampSamples)).toEqual([0, 40_000]);
  expect(frames[0]!.samples).toEqual([...piece(0, 100), ...new Array<number>(60).fill(0)]);
  expect(frames[1]!.samples).toEqual(piece(1));
});

test('timestamps that start anew do not stop the media time', () => {
  const { push, frames } = create(0);
  for (let n = 0; n < 200; n++) push(piece(n), { chunk: n + 1, timestampMs: n * 20 });
  push(piece(200), { chunk: 201, timestampMs: 0 });
  push(piece(201), { chunk: 202, timestampMs: 20 });
  // A gap after it is still seen.
  push(piece(203), { chunk: 204, timestampMs: 60 });
  expect(frames).toHaveLength(204);
  expectContinuous(frames);
});

test.each([
  ['a chunk far ahead', { chunk: 9_000_000, timestampMs: 200 }],
  ['a chunk beyond counting', { chunk: Number.POSITIVE_INFINITY, timestampMs: 200 }],
  ['a chunk that is no number', { chunk: Number.NaN, timestampMs: 200 }],
  ['a timestamp far ahead', { chunk: 11, timestampMs: 9e12 }],
  ['a timestamp beyond counting', { chunk: 11, timestampMs: Number.POSITIVE_INFINITY }],
  ['a timestamp that is no number', { chunk: 11, timestampMs: Number.NaN }],
])('%s in one message does not silence the rest of the call', (_what, odd) => {
  for (const reorderFrames of [0, 3]) {
    const { push, frames } = create(reorderFrames);
    for (let n = 0; n < 10; n++) push(piece(n), at(n));
    for (let i = 0; i < 5; i++) push(piece(10), odd);
    for (let n = 11; n < 100; n++) push(piece(n), at(n));
    expect(frames.length).toBeGreaterThanOrEqual(95);
    expect(frames.at(-1)!.samples).toEqual(piece(99));
    expect(frames.at(-1)!.timestampSamples).toBeLessThan(8000 * 4);
  }
});

test('L16 with half a sample is refused, and the next piece is read', () => {
  const { framer, push, audio } = create();
  push(piece(0), at(0));
  expect(() => framer.push(new Uint8Array(319), at(1))).toThrow(/two bytes a sample/);
  push(piece(2), at(2));
  expect(audio().slice(-160)).toEqual(piece(2));
});

test('an empty piece is nothing', () => {
  const { push, audio } = create();
  push([], at(0));
  push(piece(0), { chunk: 2, timestampMs: 0 });
  expect(audio()).toEqual(piece(0));
});

test('mu-law pieces of 100 ms are cut into frames', () => {
  const { framer, frames } = create(0, { encoding: 'PCMU', sampleRate: 8000 });
  framer.push(new Uint8Array(800).fill(0xff), { chunk: 1, timestampMs: 0 });
  framer.push(new Uint8Array(800).fill(0x80), { chunk: 2, timestampMs: 100 });
  expect(frames).toHaveLength(10);
  expectContinuous(frames);
  expect(frames.map(({ samples }) => samples[159])).toEqual([
    0,
    0,
    0,
    0,
    0,
    ...Array<number>(5).fill(32_124),
  ]);
});

test('any cut of the stream into pieces gives the same frames', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 40 }), (lengths) => {
      const { push, audio, frames } = create();
      let from = 0;
      const all: number[] = [];
      lengths.forEach((length, n) => {
        const samples = Array.from({ length }, (_, i) => (from + i) % 30_000);
        push(samples, { chunk: n + 1, timestampMs: from / 8 });
        all.push(...samples);
        from += length;
      });
      expect(isSame(audio(), all.slice(0, Math.floor(all.length / 160) * 160))).toBe(true);
      expectContinuous(frames);
    }),
  );
});

test('any order within the window, with any repetition, gives the same audio', () => {
  const disturbed = fc
    .record({
      pieces: fc.integer({ min: 1, max: 40 }),
      delays: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 40, maxLength: 40 }),
      repeated: fc.array(fc.nat(40), { maxLength: 20 }),
    })
    .map(({ pieces, delays, repeated }) => {
      // Each piece comes at most three places late; the first, which starts the count, comes first.
      const order = Array.from({ length: pieces }, (_, n) => ({
        n,
        place: n === 0 ? -1 : n + delays[n]! + n / 1_000,
      }))
        .sort((a, b) => a.place - b.place)
        .map(({ n }) => n);
      for (const n of repeated) {
        const index = order.indexOf(n % pieces);
        order.splice(Math.min(order.length, index + 1 + (n % 3)), 0, n % pieces);
      }
      return { pieces, order };
    });
  fc.assert(
    fc.property(disturbed, ({ pieces, order }) => {
      const { push, audio, frames } = create(6);
      for (const n of order) push(piece(n), at(n));
      const expected = Array.from({ length: pieces }, (_, n) => piece(n)).flat();
      expect(isSame(audio(), expected)).toBe(true);
      expectContinuous(frames);
    }),
    { numRuns: 500 },
  );
});

test('whatever comes, media time is continuous but for jumps forward, and frames are whole', () => {
  const message = fc.record({
    samples: fc.integer({ min: 0, max: 500 }),
    chunk: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double()),
    timestampMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.double()),
    numbered: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 60 }),
      fc.integer({ min: 0, max: 5 }),
      (messages, window) => {
        const { push, frames } = create(window);
        for (const { samples, chunk, timestampMs, numbered } of messages) {
          push(piece(0, samples), numbered ? { chunk, timestampMs } : undefined);
        }
        frames.forEach(({ timestampSamples }, i) => {
          const before = frames[i - 1]?.timestampSamples ?? -160;
          const jump = timestampSamples - before - 160;
          if (Number.isInteger(timestampSamples) && (jump === 0 || jump > 8_000 - 160)) return;
          throw new Error(`Frame ${i} is at ${timestampSamples} after ${before}`);
        });
      },
    ),
    { numRuns: 500 },
  );
});
