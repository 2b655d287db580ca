import { twilioStage } from '../test-support/carrier-stage.ts';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connectStream, TestServer, twiml } from '../test-support/test-server.ts';
import type { TwilioCarrierOptions } from './twilio-carrier.ts';
import type { TwilioSimulatedCall } from './twilio-simulated-call.ts';

const stage = twilioStage();

async function place(options: TwilioCarrierOptions = {}): Promise<TwilioSimulatedCall> {
  const carrier = await stage.open(options);
  return carrier.placeCall();
}

test('the caller hangs up: stop, then the socket closes', async () => {
  const call = await place();
  const socket = await stage.server.socket();
  await stage.clock.advance(100);
  call.hangUp();
  expect(await call.ended).toEqual({ by: 'caller' });
  expect(await socket.closed).toBe(1000);
  expect(socket.messages.at(-1)).toMatchObject({
    event: 'stop',
    streamSid: socket.streamSid,
    stop: { accountSid: stage.carrier.accountSid, callSid: call.providerCallId },
  });
  expect(call.status).toBe('completed');
  expect(stage.carrier.activeCalls).toEqual([]);
});

test('the server closes the socket: the next verb is followed', async () => {
  stage.server.answer = () =>
    twiml(
      `${connectStream(stage.server.mediaUrl)}<Say>Good bye, then.</Say><Hangup/><Say>never</Say>`,
    );
  const call = await place({ sayCharactersPerSecond: 15 });
  (await stage.server.socket()).socket.close();
  await stage.passUntil(call.ended);
  expect(await call.ended).toEqual({ by: 'server', detail: 'Hung up by <Hangup>.' });
  expect(call.announcements).toEqual(['Good bye, then.']);
  const { answeredMs, endedMs } = call.times;
  expect(endedMs! - answeredMs!).toBeGreaterThanOrEqual(980);
});

test('the server closes the socket and nothing follows: the call ends', async () => {
  const call = await place();
  (await stage.server.socket()).socket.close();
  expect(await stage.passUntil(call.ended)).toEqual({
    by: 'server',
    detail: 'The instructions ended.',
  });
});

test('the server closes the socket: the action of Connect is asked and followed instead', async () => {
  stage.server.answer = ({ url }) =>
    url.startsWith('/after')
      ? twiml('<Say>Sorry.</Say>')
      : twiml(`${connectStream(stage.server.mediaUrl, ' action="/after?x=1"')}<Say>never</Say>`);
  const call = await place();
  (await stage.server.socket()).socket.close();
  expect(await stage.passUntil(call.ended)).toMatchObject({ by: 'server' });
  expect(call.announcements).toEqual(['Sorry.']);
  const { form, url } = stage.server.to('/after')[0]!;
  expect(url).toBe('/after?x=1');
  expect(Object.fromEntries(form)).toMatchObject({
    CallSid: call.providerCallId,
    CallStatus: 'in-progress',
    Direction: 'inbound',
  });
});

test('the socket drops without stop: the action is asked, and a new stream opens in the same call', async () => {
  stage.server.answer = ({ url }) =>
    twiml(
      connectStream(
        url === '/again' ? `${stage.server.mediaUrl}2` : stage.server.mediaUrl,
        ' action="/again"',
      ),
    );
  const call = await place();
  const first = await stage.server.socket(0);
  await stage.clock.advance(40);
  call.dropMedia();
  expect(await first.closed).toBe(1006);
  expect(first.of('stop')).toEqual([]);
  const second = await stage.server.socket(1);
  expect(second.path).toBe('/twilio/media/c1/secret2');
  expect(second.streamSid).not.toBe(first.streamSid);
  expect(second.of('start')[0]!['start']).toMatchObject({ callSid: call.providerCallId });
  call.hangUp();
  await second.closed;
});

test('audio that was held when the server closed the socket is not played', async () => {
  stage.server.answer = () => twiml(`${connectStream(stage.server.mediaUrl)}<Pause length="1"/>`);
  const call = await place();
  const socket = await stage.server.socket();
  socket.sendAudio(new Uint8Array(8_000).fill(0x20));
  while (call.bufferedMs < 1_000) await stage.clock.advance(0);
  await stage.clock.advance(100);
  socket.socket.close();
  while (call.bufferedMs > 0) await stage.clock.advance(0);
  const { playedMs } = call;
  expect(playedMs).toBeLessThanOrEqual(100);
  await stage.passUntil(call.ended);
  expect(call.playedMs).toBe(playedMs);
});

test.each([
  ['busy', ' reason="busy"', 'busy'],
  ['rejected', '', 'no-answer'],
])('a call that is rejected as %s was never answered', async (detail, attribute, status) => {
  stage.server.answer = () => twiml(`<Reject${attribute}/>`);
  const call = await place();
  expect(await call.ended).toEqual({ by: 'rejected', detail });
  expect(await call.connected).toBe(false);
  expect(call.status).toBe(status);
  expect(call.times.answeredMs).toBeUndefined();
  expect(call.durationSeconds).toBe(0);
});

test('a forwarded call tells the number, and asks the action how to go on', async () => {
  stage.server.answer = ({ url }) =>
    url === '/dialled'
      ? twiml('')
      : twiml('<Dial action="/dialled"><Number>+15005550030</Number></Dial>');
  const call = await place({ dialOutcome: () => ({ status: 'completed', durationMs: 37_000 }) });
  expect(await stage.passUntil(call.ended)).toEqual({ by: 'forwarded', detail: '+15005550030' });
  expect(Object.fromEntries(stage.server.to('/dialled')[0]!.form)).toMatchObject({
    DialCallStatus: 'completed',
    DialCallDuration: '37',
    DialBridged: 'true',
  });
});

test('a number that does not take the call leads to the next verb', async () => {
  stage.server.answer = () => twiml('<Dial>+15005550030</Dial><Say>Nobody is there.</Say>');
  const call = await place({ dialOutcome: () => ({ status: 'busy' }) });
  expect(await stage.passUntil(call.ended)).toMatchObject({ by: 'server' });
  expect(call.announcements).toEqual(['Nobody is there.']);
});

test('a redirect and a pause as the first verbs let it ring on', async () => {
  stage.server.answer = ({ url }) =>
    url === '/voice2'
      ? twiml('<Pause length="3"/><Reject/>')
      : twiml('<Redirect>/voice2</Redirect>');
  const call = await place();
  await stage.server.until(() => stage.server.to('/voice2').length === 1);
  await stage.passUntil(call.ended);
  expect(stage.clock.now()).toBeGreaterThanOrEqual(3_000);
  expect(call.times.answeredMs).toBeUndefined();
});

test('a plain text answer is read aloud, and rendered where somebody can', async () => {
  stage.server.answer = () => ({ headers: { 'content-type': 'text/plain' }, body: 'Hello you' });
  const rendered: string[] = [];
  const call = await place({
    renderAnnouncement: (text) => {
      rendered.push(text);
      return new Int16Array(160).fill(3_000);
    },
  });
  let loudest = 0;
  call.onHeard((frame) => (loudest = Math.max(loudest, ...frame.samples)));
  await stage.passUntil(call.ended);
  expect(rendered).toEqual(['Hello you']);
  expect(loudest).toBe(3_000);
  expect(call.playedMs).toBe(0);
});

test('an endless circle of redirects ends the call', async () => {
  stage.server.answer = ({ url }) => twiml(`<Redirect>${url}</Redirect>`);
  const call = await place();
  expect(await call.ended).toMatchObject({
    by: 'failed',
    detail: expect.stringMatching(/^11210/) as string,
  });
});

test('a handshake that is refused is told to the stream status callback, and the call goes on', async () => {
  stage.server.admit = () => 401;
  stage.server.answer = ({ url }) =>
    url === '/stream'
      ? { status: 204 }
      : twiml(
          `<Connect><Stream url="${stage.server.mediaUrl}" name="mine" statusCallback="/stream"/></Connect><Say>Sorry.</Say>`,
        );
  const call = await place();
  expect(await stage.passUntil(call.ended)).toMatchObject({ by: 'server' });
  await call.settled;
  expect(await call.connected).toBe(false);
  expect(call.announcements).toEqual(['Sorry.']);
  expect(call.warnings).toEqual([
    { code: 31920, message: expect.stringContaining('401') as string },
  ]);
  const form = Object.fromEntries(stage.server.to('/stream')[0]!.form);
  expect(form).toMatchObject({
    CallSid: call.providerCallId,
    StreamName: 'mine',
    StreamEvent: 'stream-error',
    StreamError: expect.stringMatching(/^31920 /) as string,
  });
  expect(form['Timestamp']).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test.each([
  ['ws://agent.example.test/m', '', 31922],
  ['https://agent.example.test/m', '', 31922],
  ['', '', 31923],
  ['wss://agent.example.test/m', ' track="both_tracks"', 31941],
])('a stream at "%s"%s is refused with its code', async (url, attributes, code) => {
  stage.server.answer = () => twiml(`<Connect><Stream url="${url}"${attributes}/></Connect>`);
  const call = await place();
  await call.ended;
  expect(call.warnings.map((warning) => warning.code)).toEqual([code]);
});

test('a query in a stream URL is left out with a warning', async () => {
  stage.server.answer = () => twiml(connectStream(`${stage.server.mediaUrl}?token=1`));
  const call = await place();
  const socket = await stage.server.socket();
  expect(socket.path).toBe('/twilio/media/c1/secret');
  expect(call.warnings).toHaveLength(1);
  call.hangUp();
  await socket.closed;
});

test('a media server that does not listen is reported as 31902', async () => {
  const gone = await TestServer.start();
  const { mediaUrl } = gone;
  await gone.close();
  stage.server.answer = () => twiml(connectStream(mediaUrl));
  const call = await place();
  await call.ended;
  expect(call.warnings.map((warning) => warning.code)).toEqual([31902]);
});

test('a handshake that is never answered is given up with 31901', async () => {
  let asked!: () => void;
  const upgrade = new Promise<void>((resolve) => (asked = resolve));
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', asked);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  stage.server.answer = () => twiml(connectStream(`ws://127.0.0.1:${port}/m`));
  const call = await place();
  await upgrade;
  await stage.clock.advance(10_000);
  await call.ended;
  expect(call.warnings.map((warning) => warning.code)).toEqual([31901]);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

test('a stream status callback tells start and stop', async () => {
  stage.server.answer = ({ url }) =>
    url === '/stream'
      ? { status: 204 }
      : twiml(
          `<Connect><Stream url="${stage.server.mediaUrl}" statusCallback="/stream"/></Connect>`,
        );
  const call = await place();
  const socket = await stage.server.socket();
  call.hangUp();
  await call.settled;
  await socket.closed;
  expect(stage.server.to('/stream').map(({ form }) => form.get('StreamEvent'))).toEqual([
    'stream-started',
    'stream-stopped',
  ]);
  expect(stage.server.to('/stream')[0]!.form.get('StreamSid')).toBe(socket.streamSid);
});

test('progress is told from the first ring to the end', async () => {
  await stage.open();
  const events: string[] = [];
  const call = await stage.carrier.placeCall({ onProgress: ({ event }) => events.push(event) });
  const socket = await stage.server.socket();
  await call.connected;
  call.hangUp();
  await socket.closed;
  expect(events).toEqual(['ringing', 'answered', 'media-opened', 'ended']);
});

test('closing the carrier ends everything at once', async () => {
  const call = await place();
  const socket = await stage.server.socket();
  const said = call.speak(new Int16Array(80_000));
  await stage.clock.advance(100);
  await stage.carrier.close();
  expect(await call.ended).toMatchObject({ by: 'caller' });
  await said;
  await call.settled;
  await socket.closed;
  expect(stage.clock.timerCount).toBe(0);
  await expect(stage.carrier.placeCall()).rejects.toThrow(/closed/);
});
