import { encodeTones } from '../testing/tone-code.ts';
import { bestMatch } from './correlation.ts';
import { EchoDetector } from './echo-detector.ts';

const FRAME = 320;

/** What was said, and what came back in the 20 ms frames after it, mixed from both. */
function detect(
  echoOf: Int16Array,
  delayMs: number,
  gain: number,
  voice: Int16Array = new Int16Array(0),
) {
  const detector = new EchoDetector();
  const delay = delayMs * 16;
  let nowMs = 0;
  for (let at = 0; at + FRAME <= echoOf.length; at += FRAME) {
    detector.sent(echoOf.subarray(at, at + FRAME), nowMs);
    const received = new Int16Array(FRAME).map((_, index) => {
      const echo = echoOf[at + index - delay] ?? 0;
      return Math.round(gain * echo + (voice[at + index] ?? 0));
    });
    detector.received(received, nowMs);
    nowMs += 20;
  }
  return { detector, nowMs };
}

const SAID = encodeTones('all that the agent says', 16_000);

test.each([0, 37, 160, 500])('its own voice, quieter and %i ms later, is an echo', (delayMs) => {
  const { detector, nowMs } = detect(SAID, delayMs, 0.05);
  expect(detector.isEcho(nowMs)).toBe(true);
});

test('another voice is none, alone or over an echo that is quieter', () => {
  const voice = encodeTones('what the caller says now', 16_000, 'caller');
  for (const gain of [0, 0.2]) {
    const { detector, nowMs } = detect(SAID, 160, gain, voice);
    expect(detector.isEcho(nowMs)).toBe(false);
  }
});

test('long after the agent has spoken, and where it was silenced before, there is no echo', () => {
  const { detector, nowMs } = detect(SAID, 160, 0.5);
  expect(detector.isEcho(nowMs + 700)).toBe(false);
  detector.silenced(0);
  expect(detector.isEcho(nowMs)).toBe(false);
});

test('likeness is 1 for a part of a signal at any loudness, and small for silence', () => {
  const signal = Float32Array.from({ length: 1_024 }, (_, i) => Math.sin(i * i * 0.003));
  expect(
    bestMatch(
      signal.slice(300, 500).map((sample) => sample * 7),
      signal,
    ),
  ).toBeCloseTo(1, 3);
  expect(bestMatch(new Float32Array(100), signal)).toBe(0);
  expect(bestMatch(signal.slice(0, 100), new Float32Array(1_024))).toBe(0);
});
