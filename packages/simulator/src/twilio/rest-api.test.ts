import {
  connectStream,
  TestServer,
  twiml,
  type TestMediaSocket,
} from '../test-support/test-server.ts';
import { createTwilioCarrier, type TwilioCarrier } from './twilio-carrier.ts';
import type { TwilioSimulatedCall } from './twilio-simulated-call.ts';

let server: TestServer;
let carrier: TwilioCarrier;

beforeEach(async () => {
  server = await TestServer.start();
  carrier = await createTwilioCarrier({ webhookUrl: server.url, sayCharactersPerSecond: 1e6 });
});

afterEach(async () => {
  await carrier.close();
  await server.close();
});

async function connected(): Promise<{ call: TwilioSimulatedCall; socket: TestMediaSocket }> {
  const call = await carrier.placeCall();
  return { call, socket: await server.socket() };
}

interface RestReply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function rest(
  callSid: string,
  form?: Readonly<Record<string, string>>,
  authorization = `${carrier.accountSid}:${carrier.authToken}`,
): Promise<RestReply> {
  const response = await fetch(
    `${carrier.apiBaseUrl}/2010-04-01/Accounts/${carrier.accountSid}/Calls/${callSid}.json`,
    {
      method: form ? 'POST' : 'GET',
      headers: { authorization: `Basic ${Buffer.from(authorization).toString('base64')}` },
      body: form ? new URLSearchParams(form) : null,
    },
  );
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('Status=completed hangs up: stop, close, and the call is told as completed', async () => {
  const { call, socket } = await connected();
  const { status, body } = await rest(call.providerCallId, { Status: 'completed' });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    sid: call.providerCallId,
    account_sid: carrier.accountSid,
    status: 'completed',
    direction: 'inbound',
    duration: '0',
  });
  expect(await call.ended).toEqual({ by: 'server', detail: 'Hung up by REST.' });
  await socket.closed;
  expect(socket.messages.at(-1)).toMatchObject({ event: 'stop' });
  expect(carrier.restRequests).toEqual([
    {
      method: 'POST',
      path: `/2010-04-01/Accounts/${carrier.accountSid}/Calls/${call.providerCallId}.json`,
      form: { Status: 'completed' },
      status: 200,
    },
  ]);
});

test('a call that has ended cannot be changed (21220) but is still told of', async () => {
  const { call } = await connected();
  call.hangUp();
  await call.ended;
  expect(await rest(call.providerCallId, { Status: 'completed' })).toMatchObject({
    status: 400,
    body: { code: 21220, status: 400 },
  });
  expect(await rest(call.providerCallId)).toMatchObject({
    status: 200,
    body: { status: 'completed' },
  });
});

test('new TwiML ends the stream with stop and is followed, without asking the action', async () => {
  server.answer = ({ url }) =>
    url === '/after'
      ? twiml('<Say>never</Say>')
      : twiml(connectStream(server.mediaUrl, ' action="/after"'));
  const { call, socket } = await connected();
  const reply = await rest(call.providerCallId, {
    Twiml: '<Response><Say>We have a fault.</Say><Hangup/></Response>',
  });
  expect(reply).toMatchObject({ status: 200, body: { status: 'in-progress', duration: null } });
  expect(await call.ended).toMatchObject({ by: 'server' });
  await socket.closed;
  expect(socket.of('stop')).toHaveLength(1);
  expect(call.announcements).toEqual(['We have a fault.']);
  expect(server.to('/after')).toEqual([]);
});

test('a new URL is fetched and followed', async () => {
  server.answer = ({ url }) =>
    url === '/next' ? twiml('<Dial>+15005550030</Dial>') : twiml(connectStream(server.mediaUrl));
  const { call } = await connected();
  await rest(call.providerCallId, { Url: `${server.url}/next`, Method: 'POST' });
  expect(await call.ended).toEqual({ by: 'forwarded', detail: '+15005550030' });
  expect(server.to('/next')[0]!.form.get('CallSid')).toBe(call.providerCallId);
});

test('canceled is for calls that ring', async () => {
  const { call } = await connected();
  expect(await rest(call.providerCallId, { Status: 'canceled' })).toMatchObject({
    status: 400,
    body: { code: 21220 },
  });
  server.answer = () => new Promise(() => undefined);
  const ringing = await carrier.placeCall();
  expect(await rest(ringing.providerCallId, { Status: 'canceled' })).toMatchObject({
    status: 200,
    body: { status: 'canceled' },
  });
});

test.each([
  ['to a URL of another scheme', { Url: 'ftp://a.test' }, 21205],
  ['to broken TwiML', { Twiml: '<Response>' }, 12100],
  ['to both', { Twiml: '<Response/>', Url: 'https://a.test' }, 20001],
  ['to an unknown state', { Status: 'paused' }, 20001],
  ['to too long TwiML', { Twiml: `<Response><Say>${'x'.repeat(4_000)}</Say></Response>` }, 20001],
] as [string, Record<string, string>, number][])(
  'a change %s is refused',
  async (_, form, code) => {
    const { call } = await connected();
    expect(await rest(call.providerCallId, form)).toMatchObject({ status: 400, body: { code } });
    expect(carrier.activeCalls).toEqual([call]);
  },
);

test('an unknown call is 20404', async () => {
  const reply = await rest(`CA${'0'.repeat(32)}`, { Status: 'completed' });
  expect(reply).toEqual({
    status: 404,
    body: {
      code: 20404,
      message: 'The requested resource was not found',
      more_info: 'https://www.twilio.com/docs/errors/20404',
      status: 404,
    },
  });
});

test('wrong credentials are 20003, and change nothing', async () => {
  const { call } = await connected();
  const reply = await rest(
    call.providerCallId,
    { Status: 'completed' },
    `${carrier.accountSid}:wrong`,
  );
  expect(reply).toMatchObject({ status: 401, body: { code: 20003 } });
  expect(carrier.activeCalls).toEqual([call]);
});

test('on command requests are refused with 20429', async () => {
  const { call } = await connected();
  carrier.refuseRestRequests(1);
  expect(await rest(call.providerCallId)).toMatchObject({ status: 429, body: { code: 20429 } });
  expect(await rest(call.providerCallId)).toMatchObject({ status: 200 });
});

test('other paths are not there', async () => {
  expect((await fetch(`${carrier.apiBaseUrl}/`)).status).toBe(404);
});
