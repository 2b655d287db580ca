import { ManualClock } from '@phone-agents/core/testing';
import { TestServer } from '../test-support/test-server.ts';
import { createTwilioCarrier } from './twilio-carrier.ts';

test('a hundred calls at once run on one timer and leave nothing behind', async () => {
  const before = liveResources();
  const server = await TestServer.start();
  const carrier = await createTwilioCarrier({ webhookUrl: server.url, record: false });
  const calls = await Promise.all(Array.from({ length: 100 }, () => carrier.placeCall()));
  expect(await Promise.all(calls.map((call) => call.connected))).not.toContain(false);
  await Promise.all(server.sockets.map((socket) => socket.wait('media', 5)));
  expect(carrier.activeCalls).toHaveLength(100);
  for (const call of calls.slice(0, 50)) call.hangUp();
  await Promise.all(calls.slice(0, 50).map((call) => call.settled));
  await carrier.close();
  await Promise.all(calls.map((call) => call.ended));
  await Promise.all(server.sockets.map((socket) => socket.closed));
  expect(carrier.activeCalls).toEqual([]);
  await server.close();
  await settled();
  expect(leftBehind(before)).toEqual([]);
});

/** What keeps the process alive. */
function liveResources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name));
}

/** What keeps it alive now and did not before; a timer of the test runner's may have ended meanwhile. */
function leftBehind(before: readonly string[]): string[] {
  const known = [...before];
  return liveResources().filter((name) => {
    const at = known.indexOf(name);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

/** Sockets that were destroyed are gone some turns of the event loop later. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('of a server that stops reading the carrier does not hoard audio', async () => {
  const clock = new ManualClock();
  const server = await TestServer.start();
  const carrier = await createTwilioCarrier({ webhookUrl: server.url, clock, record: false });
  const call = await carrier.placeCall();
  const media = await server.socket();
  media.socket.pause();
  const frames = 40_000;
  await clock.advance(frames * 20);
  media.socket.resume();
  await media.wait('media');
  call.hangUp();
  await media.wait('stop');
  expect(media.of('media').length).toBeLessThan(frames);
  await carrier.close();
  await server.close();
}, 30_000);
