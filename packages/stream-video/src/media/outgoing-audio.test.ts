import { loadOpus } from '../opus/opus-library.ts';
import { toneFrames } from '../test-support/sounds.ts';
import { OutgoingAudio } from './outgoing-audio.ts';

interface Sent {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly startsAfterPause: boolean;
  readonly payload: Buffer;
}

async function outgoing(
  sampleRate: 8000 | 16000 | 24000 | 48000 = 8000,
): Promise<{ readonly audio: OutgoingAudio; readonly sent: Sent[] }> {
  const sent: Sent[] = [];
  const audio = new OutgoingAudio(
    await loadOpus(),
    sampleRate,
    (sequenceNumber, timestamp, startsAfterPause, payload) =>
      sent.push({ sequenceNumber, timestamp, startsAfterPause, payload }),
  );
  return { audio, sent };
}

/** Timestamps as they go on from the first, in ticks of 48 kHz. */
function steps(sent: readonly Sent[]): number[] {
  return sent.map(({ timestamp }) => (timestamp - sent[0]!.timestamp) >>> 0);
}

test.each([8000, 16000, 24000, 48000] as const)(
  'frames of %i Hz become packets on the 48 kHz clock',
  async (sampleRate) => {
    const { audio, sent } = await outgoing(sampleRate);
    for (const frame of toneFrames(440, sampleRate, 3)) audio.publish(frame);
    audio.close();
    expect(steps(sent)).toEqual([0, 960, 1_920]);
    const [first] = sent;
    expect(sent.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      [0, 1, 2].map((index) => (first!.sequenceNumber + index) & 0xffff),
    );
    expect(sent.map(({ startsAfterPause }) => startsAfterPause)).toEqual([true, false, false]);
    // Each keeps its own payload, for senders keep packets for a while.
    expect(new Set(sent.map(({ payload }) => payload.toString('hex'))).size).toBe(3);
  },
);

test('a pause is one in the timestamps, and is marked', async () => {
  const { audio, sent } = await outgoing();
  const [frame] = toneFrames(440, 8000, 1);
  for (const timestampSamples of [0, 160, 1_600, 1_760]) {
    audio.publish({ ...frame!, timestampSamples });
  }
  audio.close();
  expect(steps(sent)).toEqual([0, 960, 9_600, 10_560]);
  expect(sent.map(({ startsAfterPause }) => startsAfterPause)).toEqual([true, false, true, false]);
});

test('a publisher that does not count is taken to speak without a pause', async () => {
  const { audio, sent } = await outgoing();
  const [frame] = toneFrames(440, 8000, 1);
  for (let i = 0; i < 4; i++) audio.publish({ ...frame!, timestampSamples: 0 });
  audio.close();
  expect(steps(sent)).toEqual([0, 960, 1_920, 2_880]);
});

test('a frame of another rate or length is refused', async () => {
  const { audio, sent } = await outgoing();
  const [frame] = toneFrames(440, 8000, 1);
  const samples = new Int16Array(159);
  expect(() => audio.publish({ ...frame!, samples })).toThrow(RangeError);
  expect(() => audio.publish({ ...frame!, sampleRate: 16000 })).toThrow(RangeError);
  audio.close();
  expect(sent).toEqual([]);
});
