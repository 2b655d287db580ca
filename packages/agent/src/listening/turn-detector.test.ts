import type { DetectedTurn } from './turn-detector.ts';
import { TurnDetector } from './turn-detector.ts';

function setUp(options: { silenceMs?: number; tailMs?: number; maxTurnMs?: number } = {}): {
  detector: TurnDetector;
  turns: DetectedTurn[];
  continued: number[];
} {
  const turns: DetectedTurn[] = [];
  const continued: number[] = [];
  const detector = new TurnDetector({
    silenceMs: 500,
    tailMs: 100,
    maxTurnMs: 30_000,
    ...options,
    onSpeechContinued: (_, untilMs) => continued.push(untilMs),
    onPaused: () => {},
    onTurnEnded: (turn) => turns.push(turn),
  });
  return { detector, turns, continued };
}

test('silence after speech ends a turn, and the tail of the detector counts as silence', () => {
  const { detector, turns } = setUp();
  detector.activity('speech-started', 1_000, 1_100);
  detector.activity('speech-ended', 2_000, 2_100);
  detector.window(2_390, 0);
  expect(turns).toEqual([]);
  detector.window(2_400, 0);
  expect(turns).toEqual([{ startMs: 1_000, endMs: 1_900, decidedAtMs: 2_400, speechMs: 1_000 }]);
});

test('a pause that is shorter belongs to the turn', () => {
  const { detector, turns } = setUp();
  detector.activity('speech-started', 0, 100);
  detector.activity('speech-ended', 300, 400);
  detector.window(600, 0);
  detector.activity('speech-started', 600, 700);
  detector.activity('speech-ended', 1_000, 1_100);
  detector.window(1_500, 0);
  expect(turns).toMatchObject([{ startMs: 0, endMs: 900, speechMs: 700 }]);
});

test('a voiced window holds the end of the turn off until the detector has made up its mind', () => {
  const { detector, turns } = setUp();
  detector.activity('speech-started', 0, 100);
  detector.activity('speech-ended', 300, 400);
  detector.window(710, 0.9);
  expect(turns).toEqual([]);
  detector.window(740, 0.1);
  expect(turns).toHaveLength(1);
});

test('a decision that comes late, with the silence already in it, ends the turn at once', () => {
  const { detector, turns } = setUp();
  detector.activity('speech-started', 0, 100);
  detector.activity('speech-ended', 300, 5_000);
  expect(turns).toHaveLength(1);
});

test('a turn is cut at its limit, and what follows is the next', () => {
  const { detector, turns } = setUp({ maxTurnMs: 1_000 });
  detector.activity('speech-started', 0, 100);
  for (let ms = 120; ms <= 1_500; ms += 20) detector.window(ms, 1);
  expect(turns).toMatchObject([{ startMs: 0, endMs: 1_000 }]);
  detector.activity('speech-ended', 1_500, 1_600);
  detector.window(2_000, 0);
  expect(turns[1]).toMatchObject({ startMs: 1_000, endMs: 1_400 });
});

test('speech is reported as it goes on, window by window, but not its pauses', () => {
  const { detector, continued } = setUp();
  detector.window(50, 1);
  detector.activity('speech-started', 50, 100);
  detector.window(150, 1);
  detector.window(200, 0.2);
  detector.window(250, 1);
  expect(continued).toEqual([100, 150, 250]);
});
