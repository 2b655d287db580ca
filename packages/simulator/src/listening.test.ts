import { createTwilioCarrier, type TwilioCarrier } from './twilio/twilio-carrier.ts';
import { ManualClock } from '@phone-agents/core/testing';
import { isLoud, untilQuiet } from './listening.ts';
import { TestServer } from './test-support/test-server.ts';

let server: TestServer;
let carrier: TwilioCarrier;
const clock = new ManualClock();

beforeEach(async () => {
  server = await TestServer.start();
  carrier = await createTwilioCarrier({ webhookUrl: server.url, clock });
});

afterEach(async () => {
  await carrier.close();
  await server.close();
});

test('listening ends when the other side has spoken and fallen silent', async () => {
  const call = await carrier.placeCall();
  const socket = await server.socket();
  socket.sendAudio(new Uint8Array(8_000).fill(0x10));
  while (call.bufferedMs < 1_000) await clock.advance(0);
  const startMs = clock.now();
  let endMs: number | undefined;
  const quiet = untilQuiet(call, { quietMs: 400 }).then((spoken) => {
    endMs = clock.now();
    return spoken;
  });
  await clock.advance(2_000);
  expect(await quiet).toBe(true);
  expect(endMs! - startMs).toBeGreaterThanOrEqual(1_400);
  expect(endMs! - startMs).toBeLessThanOrEqual(1_440);
});

test('listening is given up when nothing is heard, and when the call ends', async () => {
  const call = await carrier.placeCall();
  await server.socket();
  const nothing = untilQuiet(call, { giveUpMs: 500 });
  await clock.advance(600);
  expect(await nothing).toBe(false);
  const ended = untilQuiet(call);
  call.hangUp();
  expect(await ended).toBe(false);
});

test('loudness is judged by the whole frame', () => {
  expect(isLoud(new Int16Array(160))).toBe(false);
  expect(isLoud(new Int16Array(160).fill(50))).toBe(false);
  expect(isLoud(new Int16Array(160).fill(-500))).toBe(true);
});
