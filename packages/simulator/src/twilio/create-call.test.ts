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
