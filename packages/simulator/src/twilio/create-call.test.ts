import { TestServer } from '../test-support/test-server.ts';
import { createTwilioCarrier, type TwilioCarrier } from './twilio-carrier.ts';

let server: TestServer;
let carrier: TwilioCarrier;

beforeEach(async () => {
  server = await TestServer.start();
  carrier = await createTwilioCarrier({ webhookUrl: server.url });
});

afterEach(async () => {
  await carrier.close();
  await server.close();
});

const TO = '+15005550030';
const TWIML = '<Response><Say>Hello.</Say></Response>';
type Form = Readonly<Record<string, string | readonly string[]>>;

async function create(form: Form) {
  const { accountSid, apiBaseUrl, authToken } = carrier;
  const body = new URLSearchParams();
  const all: Form = { To: TO, From: '+15005550020', Twiml: TWIML, ...form };
  for (const [name, values] of Object.entries(all)) {
    for (const value of typeof values === 'string' ? [values] : values) body.append(name, value);
  }
  const response = await fetch(`${apiBaseUrl}/2010-04-01/Accounts/${accountSid}/Calls.json`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    },
    body,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('a call is placed, rings, follows its instructions, and tells of it', async () => {
  const { status, body } = await create({
    StatusCallback: `${server.url}/told`,
    StatusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
  });
  expect(status).toBe(201);
  const [call] = carrier.dialled;
  expect(body).toMatchObject({
    sid: call!.providerCallId,
    status: 'queued',
    direction: 'outbound-api',
    to: TO,
  });
  expect((await call!.ended).by).toBe('server');
  await call!.settled;
  expect(call!.announcements).toEqual(['Hello.']);
  const told = call!.webhooks.map(({ fields }) => [fields['CallStatus'], fields['Direction']]);
  expect(told.map(([name]) => name)).toEqual(['initiated', 'ringing', 'in-progress', 'completed']);
  expect(new Set(told.map(([, direction]) => direction))).toEqual(new Set(['outbound-api']));
});

test('without a subscription only the end is told', async () => {
  await create({ StatusCallback: `${server.url}/told` });
  await carrier.dialled[0]!.ended;
  await carrier.dialled[0]!.settled;
  const told = carrier.dialled[0]!.webhooks.map(({ fields }) => fields['CallStatus']);
  expect(told).toEqual(['completed']);
});

test.each([
  ['busy', 'busy', '486', 'rejected'],
  ['reject', 'busy', '603', 'rejected'],
  ['fail', 'failed', '404', 'failed'],
  ['ring', 'no-answer', '480', 'unanswered'],
] as const)('a phone that does %s', async (does, status, sipCode, by) => {
  carrier.setPhone(TO, { does, afterMs: 10 });
  await create({ StatusCallback: `${server.url}/told`, Timeout: '1' });
  const [call] = carrier.dialled;
  expect((await call!.ended).by).toBe(by);
  await call!.settled;
  expect(call!.status).toBe(status);
  expect(call!.webhooks[0]!.fields).toMatchObject({
    CallStatus: status,
    SipResponseCode: sipCode,
    CallDuration: '0',
  });
  expect(await call!.connected).toBe(false);
});

test.each([
  ['machine', 'Enable', 'machine_start'],
  ['answer', 'Enable', 'human'],
  ['answer', 'DetectMessageEnd', 'human'],
] as const)('detection at a phone that does %s, with %s', async (does, mode, expected) => {
  carrier.setPhone(TO, { does, greetingMs: 100, afterMs: 10 });
  await create({
    Twiml: '<Response><Pause length="30"/></Response>',
    MachineDetection: mode,
    AsyncAmd: 'true',
    AsyncAmdStatusCallback: `${server.url}/machine`,
  });
  const [call] = carrier.dialled;
  while (call!.webhooks.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(call!.webhooks[0]).toMatchObject({
    purpose: 'machine-detection',
    fields: { AnsweredBy: expected, CallSid: call!.providerCallId },
  });
});

test.each<[string, Form, number]>([
  ['a number that is none', { To: '5550030' }, 21211],
  ['a caller that is none', { From: 'us' }, 21212],
  ['no instructions', { Twiml: [] }, 21205],
  ['an address that is none', { Url: 'nowhere' }, 21205],
  ['TwiML that is none', { Twiml: '<Response>' }, 12100],
  ['TwiML that is too long', { Twiml: `<Response>${'<Pause/>'.repeat(500)}</Response>` }, 20001],
  ['a ringing time that is none', { Timeout: '0' }, 20001],
  ['a detection that is none', { MachineDetection: 'Maybe' }, 20001],
])('%s is refused', async (_what, form, code) => {
  const { status, body } = await create(form);
  expect(status).toBe(400);
  expect(body).toMatchObject({ code });
  expect(carrier.dialled).toHaveLength(0);
});

test('calls are listed, the latest first', async () => {
  await create({});
  await create({ To: '+15005550031' });
  await create({});
  const { accountSid, apiBaseUrl, authToken } = carrier;
  const url = new URL(`${apiBaseUrl}/2010-04-01/Accounts/${accountSid}/Calls.json`);
  url.searchParams.set('To', TO);
  const response = await fetch(url, {
    headers: {
      authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    },
  });
  const { calls } = (await response.json()) as { calls: { sid: string }[] };
  const sids = carrier.dialled.map(({ providerCallId }) => providerCallId);
  expect(calls.map(({ sid }) => sid)).toEqual([sids[2], sids[0]]);
});

describe('what instructions do to a call that was placed', () => {
  async function update(callSid: string, path: string, form: Readonly<Record<string, string>>) {
    const { accountSid, apiBaseUrl, authToken } = carrier;
    const url = `${apiBaseUrl}/2010-04-01/Accounts/${accountSid}/Calls/${callSid}${path}`;
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
      },
      body: new URLSearchParams(form),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function answered(to: string, twiml: string) {
    const before = carrier.dialled.length;
    await create({ To: to, Twiml: twiml });
    const call = carrier.dialled[before]!;
    while (call.status !== 'in-progress') await new Promise((resolve) => setTimeout(resolve, 10));
    return call;
  }

  const conference = (name: string, more = '') =>
    `<Response><Dial><Conference endConferenceOnExit="true"${more}>${name}</Conference></Dial></Response>`;

  test('those in one conference hear each other, and leave it together', async () => {
    const first = await answered(TO, conference('a'));
    const second = await answered('+15005550031', conference('a'));
    const third = await answered('+15005550032', conference('b'));
    const loudest = new Map([first, second, third].map((call) => [call, 0]));
    for (const call of loudest.keys()) {
      call.onHeard(({ samples }) => {
        loudest.set(call, Math.max(loudest.get(call)!, ...samples));
      });
    }
    await first.speak(new Int16Array(1_600).fill(5_000));
    while (loudest.get(second) !== 5_000) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(loudest.get(first)).toBe(0);
    expect(loudest.get(third)).toBe(0);
    first.hangUp();
    expect((await second.ended).by).toBe('server');
    expect(third.status).toBe('in-progress');
  });

  test('keys are heard and kept', async () => {
    const call = await answered(
      TO,
      '<Response><Play digits="1w2#"/><Pause length="30"/></Response>',
    );
    while (call.receivedDigits === '') await new Promise((resolve) => setTimeout(resolve, 10));
    expect(call.receivedDigits).toBe('1w2#');
  });

  test('a recording is begun and ended by REST, and told of', async () => {
    const call = await answered(TO, '<Response><Pause length="30"/></Response>');
    const { providerCallId: sid } = call;
    const form = { RecordingChannels: 'dual', RecordingStatusCallback: `${server.url}/recorded` };
    const begun = await update(sid, '/Recordings.json', form);
    expect(begun.status).toBe(201);
    const stop = { Status: 'stopped' };
    expect((await update(sid, '/Recordings/RE0.json', stop)).status).toBe(404);
    expect((await update(sid, '/Recordings/Twilio.CURRENT.json', stop)).status).toBe(200);
    expect((await update(sid, '/Recordings/Twilio.CURRENT.json', stop)).status).toBe(404);
    while (!call.webhooks.some(({ purpose }) => purpose === 'recording')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(call.webhooks.at(-1)!.fields).toMatchObject({
      RecordingSid: begun.body['sid'],
      RecordingStatus: 'completed',
      RecordingChannels: '2',
    });
    call.hangUp();
    await call.ended;
    expect((await update(sid, '/Recordings.json', form)).body).toMatchObject({ code: 21220 });
  });
});
