import { ManualClock } from '@phone-agents/core/testing';
import { TestServer, twiml } from '../test-support/test-server.ts';
import {
  createTwilioCarrier,
  type TwilioCarrier,
  type TwilioCarrierOptions,
} from './twilio-carrier.ts';
import { signTwilioRequest } from './twilio-signature.ts';

let server: TestServer;
let carrier: TwilioCarrier;

async function start(options: TwilioCarrierOptions = {}): Promise<void> {
  carrier = await createTwilioCarrier({ webhookUrl: server.url, ...options });
}

beforeEach(async () => {
  server = await TestServer.start();
  server.answer = () => twiml('<Hangup/>');
});

afterEach(async () => {
  await carrier.close();
  await server.close();
});

test('the voice webhook is a signed form with all documented fields', async () => {
  await start();
  const call = await carrier.placeCall({ from: '+15005550010', to: '+15005550020' });
  await call.ended;
  const request = server.to('/twilio/voice')[0]!;
  expect(request.method).toBe('POST');
  expect(request.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
  expect(Object.fromEntries(request.form)).toMatchObject({
    AccountSid: carrier.accountSid,
    ApiVersion: '2010-04-01',
    CallSid: call.providerCallId,
    CallStatus: 'ringing',
    Direction: 'inbound',
    From: '+15005550010',
    To: '+15005550020',
    Caller: '+15005550010',
    Called: '+15005550020',
    FromCity: 'SPRINGFIELD',
    CalledCountry: 'US',
    StirVerstat: 'TN-Validation-Passed-A',
  });
  expect(request.headers['x-twilio-signature']).toBe(
    signTwilioRequest(carrier.authToken, `${server.url}/twilio/voice`, [...request.form]),
  );
  expect(request.headers['i-twilio-idempotency-token']).toBeUndefined();
});

test('every carrier has its own credentials', async () => {
  await start();
  const other = await createTwilioCarrier();
  expect(other.accountSid).toMatch(/^AC[\da-f]{32}$/);
  expect(other.authToken).toMatch(/^[\da-f]{32}$/);
  expect(other.accountSid).not.toBe(carrier.accountSid);
  expect(other.authToken).not.toBe(carrier.authToken);
  expect(new URL(other.apiBaseUrl).hostname).toBe('127.0.0.1');
  await other.close();
});

test('a test may add fields and replace some', async () => {
  await start();
  const call = await carrier.placeCall({ fields: { CallerName: 'ADA  LOVELACE ', FromCity: '' } });
  await call.ended;
  const { form } = server.to('/twilio/voice')[0]!;
  expect(form.get('CallerName')).toBe('ADA  LOVELACE ');
  expect(form.get('FromCity')).toBe('');
});

test('requests are signed for the address that the server believes it has', async () => {
  await start({ publicUrl: 'https://agent.example.test:8443' });
  await (
    await carrier.placeCall()
  ).ended;
  const request = server.to('/twilio/voice')[0]!;
  expect(request.headers['x-twilio-signature']).toBe(
    signTwilioRequest(carrier.authToken, 'https://agent.example.test/twilio/voice', [
      ...request.form,
    ]),
  );
});

test('an HTTP error fails the call with 11200 before it is answered', async () => {
  server.answer = () => ({ status: 500, body: 'no' });
  await start();
  const call = await carrier.placeCall();
  expect(await call.connected).toBe(false);
  expect(await call.ended).toEqual({
    by: 'failed',
    detail: expect.stringMatching(/^11200: .*500/) as string,
  });
  expect(call.status).toBe('failed');
  expect(call.warnings).toEqual([expect.objectContaining({ code: 11200 })]);
});

test('no answer within 15 s fails the call with 11205', async () => {
  const clock = new ManualClock();
  server.answer = () => new Promise(() => undefined);
  await start({ clock });
  const call = await carrier.placeCall();
  await server.until(() => server.requests.length === 1);
  await clock.advance(14_999);
  expect(call.status).toBe('ringing');
  await clock.advance(1);
  expect(await call.ended).toMatchObject({
    by: 'failed',
    detail: expect.stringMatching(/^11205/) as string,
  });
  expect(server.to('/twilio/voice')).toHaveLength(1);
});

test('a server that does not listen fails the call with 11205', async () => {
  const gone = await TestServer.start();
  const webhookUrl = gone.url;
  await gone.close();
  await start({ webhookUrl });
  const call = await carrier.placeCall();
  expect(await call.ended).toMatchObject({
    by: 'failed',
    detail: expect.stringMatching(/^11205/) as string,
  });
  expect(call.webhooks.filter(({ purpose }) => purpose === 'voice')).toHaveLength(2);
});

test.each([
  ['12100', { body: '<Response><Say>' }],
  ['12300', { headers: { 'content-type': 'application/json' }, body: '{}' }],
  ['11750', { body: `<Response><Say>${'x'.repeat(70_000)}</Say></Response>` }],
  ['12200', { body: '<Response><Gather/></Response>' }],
  ['13224', { body: '<Response><Dial></Dial></Response>' }],
])('an answer that cannot be used fails the call with %s', async (code, answer) => {
  server.answer = () => ({ headers: { 'content-type': 'text/xml' }, ...answer });
  await start();
  const call = await carrier.placeCall();
  expect(await call.ended).toMatchObject({
    by: 'failed',
    detail: expect.stringMatching(new RegExp(`^${code}:`)) as string,
  });
});

test('redirects are followed, but not for ever', async () => {
  server.answer = ({ url }) =>
    url === '/twilio/voice'
      ? { status: 307, headers: { location: '/elsewhere' } }
      : twiml('<Reject/>');
  await start();
  expect(await (await carrier.placeCall()).ended).toMatchObject({ by: 'rejected' });
  const request = server.to('/elsewhere')[0]!;
  expect(request.method).toBe('POST');
  expect(request.headers['x-twilio-signature']).toBe(
    signTwilioRequest(carrier.authToken, `${server.url}/elsewhere`, [...request.form]),
  );
  server.answer = () => ({ status: 302, headers: { location: '/twilio/voice' } });
  expect(await (await carrier.placeCall()).ended).toMatchObject({
    detail: expect.stringMatching(/^11215/) as string,
  });
});

test('with overrides a failed webhook is tried again, with an idempotency token', async () => {
  server.answer = () =>
    server.requests.length === 1 ? { status: 503 } : twiml('<Reject reason="busy"/>');
  await start({ webhookUrl: `${server.url}/twilio/voice#rc=2&rp=5xx` });
  const call = await carrier.placeCall();
  expect(await call.ended).toEqual({ by: 'rejected', detail: 'busy' });
  const [first, second] = server.to('/twilio/voice');
  expect(first!.url).toBe('/twilio/voice');
  expect(second!.headers['i-twilio-idempotency-token']).toMatch(/^[\da-f-]{36}$/);
  expect(second!.body).toBe(first!.body);
});

test('the fallback URL is asked with the error, and its answer is followed', async () => {
  server.answer = ({ url }) => (url === '/fallback' ? twiml('<Reject/>') : { status: 404 });
  await start({ fallbackUrl: `${server.url}/fallback` });
  const call = await carrier.placeCall();
  expect(await call.ended).toMatchObject({ by: 'rejected' });
  expect(Object.fromEntries(server.to('/fallback')[0]!.form)).toMatchObject({
    ErrorCode: '11200',
    ErrorUrl: `${server.url}/twilio/voice`,
    CallSid: call.providerCallId,
  });
});

test('a retried webhook arrives twice with the same call, and the second answer counts', async () => {
  const clock = new ManualClock();
  let answerFirst!: () => void;
  server.answer = () =>
    server.requests.length === 1
      ? new Promise((resolve) => (answerFirst = () => resolve(twiml('<Reject/>'))))
      : twiml('<Reject reason="busy"/>');
  await start({ clock, faults: { retriedWebhooks: 1, webhookRetryAfterMs: 500 } });
  const call = await carrier.placeCall();
  await server.until(() => server.requests.length === 1);
  await clock.advance(500);
  expect(await call.ended).toEqual({ by: 'rejected', detail: 'busy' });
  answerFirst();
  const [first, second] = server.to('/twilio/voice');
  expect(second!.body).toBe(first!.body);
  expect(second!.headers['i-twilio-idempotency-token']).toBeDefined();
});

test('the caller may give up while it rings', async () => {
  server.answer = () => new Promise(() => undefined);
  await start();
  const call = await carrier.placeCall();
  await server.until(() => server.requests.length === 1);
  call.hangUp();
  expect(await call.ended).toEqual({ by: 'caller' });
  expect(await call.connected).toBe(false);
  expect(call.status).toBe('no-answer');
});

test('without a server no call can be placed, until one is named', async () => {
  carrier = await createTwilioCarrier();
  await expect(carrier.placeCall()).rejects.toThrow(/webhookUrl/);
  carrier.configureNumber({ webhookUrl: server.url });
  expect(await (await carrier.placeCall()).ended).toMatchObject({ by: 'server' });
});
