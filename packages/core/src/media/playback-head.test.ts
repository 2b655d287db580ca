import { PlaybackHead } from './playback-head.ts';

test('the head moves in real time, and never past what was sent', () => {
  const head = new PlaybackHead(8000);
  head.beforeSending(1_000, 0);
  expect(head.at(1_000, 160)).toBe(0);
  expect(head.at(1_010, 160)).toBe(80);
  expect(head.at(1_020, 160)).toBe(160);
  expect(head.at(5_000, 160)).toBe(160);
});

test('after a pause playing starts again when more is sent', () => {
  const head = new PlaybackHead(8000);
  head.beforeSending(0, 0);
  head.beforeSending(500, 160);
  expect(head.at(500, 320)).toBe(160);
  expect(head.at(510, 320)).toBe(240);
});

test('more audio while some is playing does not move the head', () => {
  const head = new PlaybackHead(8000);
  head.beforeSending(0, 0);
  head.beforeSending(5, 160);
  head.beforeSending(10, 320);
  expect(head.at(30, 480)).toBe(240);
});

test('an anchor corrects the estimate in both directions', () => {
  const head = new PlaybackHead(16000);
  head.beforeSending(0, 0);
  expect(head.at(100, 16_000)).toBe(1_600);
  head.anchor(800, 100);
  expect(head.at(100, 16_000)).toBe(800);
  expect(head.at(150, 16_000)).toBe(1_600);
  head.anchor(3_200, 150);
  expect(head.at(150, 16_000)).toBe(3_200);
});

test('the head is a whole sample', () => {
  const head = new PlaybackHead(8000);
  head.anchor(0, 0);
  expect(head.at(1.3, 16_000)).toBe(10);
});
