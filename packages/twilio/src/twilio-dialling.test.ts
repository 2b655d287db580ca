import type { MachineDetected, Phone, PhoneCall, WebhookResponse } from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import twilio from 'twilio';
import type { RestRequest } from './test-support/rest-server.ts';
import { RestServer } from './test-support/rest-server.ts';
import { twilioProgress } from './twilio-dialling.ts';
import { createTwilioProvider } from './twilio-provider.ts';

const PUBLIC_URL = 'https://agent.example.test/phone';
const ACCOUNT_SID = 'AC00112233445566778899aabbccddeeff';
const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';
const CALL_SID = 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const OTHER_SID = 'CA00000000000000000000000000000000';
const CALLS = `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls`;
const TO = '+15005550030';
const FROM = '+15005550020';

let server: RestServer;
let phone: Phone;
beforeAll(async () => (server = await RestServer.start()));
afterAll(() => server.close());
beforeEach(() => {
  server.requests.length = 0;
  server.answer = { status: 201, body: { sid: CALL_SID, status: 'queued' } };
  phone = createPhone({
    provider: createTwilioProvider({
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      apiBaseUrl: server.url,
      phoneNumber: FROM,
      requestTimeoutMs: 300,
      environment: {},
    }),
    answer: { join: async () => ({ close: async () => {} }) },
    publicUrl: PUBLIC_URL,
    statusGraceMs: 20,
  });
});
afterEach(async () => {
  await phone.close();
});

/** Resolves when Twilio was asked so often to place or to list calls. */
async function asked(count: number): Promise<void> {
  const isCounted = ({ path }: RestRequest): boolean => path.startsWith(`${CALLS}.json`);
  while (server.requests.filter(isCounted).length < count) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function placed(options: Partial<Parameters<Phone['dial']>[0]> = {}): Promise<PhoneCall> {
  const call = await phone.dial({ to: TO, ...options });
  await asked(1);
  return call;
}

const created = (): RestRequest =>
  server.requests.find(({ method, path }) => method === 'POST' && path === `${CALLS}.json`)!;

function report(path: string, form: Record<string, string>): Promise<WebhookResponse> {
  const [pathname, query = ''] = path.split(/(?=\?)/);
  return phone.handleWebhook({
    method: 'POST',
    path: pathname!,
    query,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': twilio.getExpectedTwilioSignature(AUTH_TOKEN, PUBLIC_URL + path, form),
    },
    rawBody: Buffer.from(new URLSearchParams(form).toString()),
  });
}

test('a call is placed with its instructions inline, and callbacks that name our id', async () => {
  const call = await placed({ timeoutMs: 20_500, maxDurationMs: 60_000 });
  const { form } = created();
  expect(form).toMatchObject({
    To: TO,
    From: FROM,
    Timeout: '21',
    // Ours comes first: this is the backstop.
    TimeLimit: '70',
    StatusCallback: `${PUBLIC_URL}/twilio/status?call=${call.id}`,
    StatusCallbackEvent: 'completed',
  });
  expect(form['Twiml']).toMatch(
    new RegExp(
      `<Stream url="wss://agent.example.test/phone/twilio/media/${call.id}/[\\w-]+" statusCallback="[^"]+/twilio/stream-status"/></Connect><Hangup/>`,
    ),
  );
  for (const name of ['Url', 'MachineDetection', 'AsyncAmd', 'Record']) {
    expect(form).not.toHaveProperty(name);
  }
});

test.each([
  ['hang-up', 'Enable'],
  ['continue', 'Enable'],
  ['leave-message', 'DetectMessageEnd'],
] as const)('onMachine %s asks for asynchronous detection: %s', async (onMachine, mode) => {
  const call = await placed({ onMachine, message: 'Call us.', recording: true });
  expect(created().form).toMatchObject({
    MachineDetection: mode,
    AsyncAmd: 'true',
    AsyncAmdStatusCallback: `${PUBLIC_URL}/twilio/machine?call=${call.id}`,
    Record: 'true',
    RecordingChannels: 'dual',
    RecordingStatusCallback: `${PUBLIC_URL}/twilio/recording?call=${call.id}`,
  });
});

test.each<[string, MachineDetected]>([
  ['human', { answeredBy: 'human', greetingEnded: false, beep: undefined }],
  ['machine_start', { answeredBy: 'machine', greetingEnded: false, beep: undefined }],
  ['machine_end_beep', { answeredBy: 'machine', greetingEnded: true, beep: true }],
  ['machine_end_silence', { answeredBy: 'machine', greetingEnded: true, beep: false }],
  ['machine_end_other', { answeredBy: 'machine', greetingEnded: true, beep: undefined }],
  ['fax', { answeredBy: 'fax', greetingEnded: false, beep: undefined }],
  ['unknown', { answeredBy: 'unknown', greetingEnded: false, beep: undefined }],
])('AnsweredBy %s', async (answeredBy, expected) => {
  const call = await placed({ onMachine: 'continue' });
  const seen: MachineDetected[] = [];
  call.on('machine-detected', (detected) => seen.push(detected));
  const path = `/twilio/machine?call=${call.id}`;
  const answer = await report(path, { CallSid: CALL_SID, AnsweredBy: answeredBy });
  expect(answer.status).toBe(204);
  expect(seen).toEqual([expected]);
  expect((await report(path, { CallSid: CALL_SID, AnsweredBy: 'a parrot' })).status).toBe(204);
  expect(seen).toHaveLength(1);
});

test('the end carries Twilio’s duration and the SIP code', async () => {
  const call = await placed();
  const path = `/twilio/status?call=${call.id}`;
  const form = { CallSid: CALL_SID, CallStatus: 'completed', CallDuration: '12' };
  await report(path, { ...form, SipResponseCode: '200' });
  expect(await call.ended).toMatchObject({
    reason: 'remote-hung-up',
    durationMs: 12_000,
    providerCause: 'SIP 200',
  });
  expect((await call.answered).outcome).toBe('answered');
});

test('a recording is told of, also after the end', async () => {
  const call = await placed();
  const seen: unknown[] = [];
  phone.on('recording-finished', (event) => seen.push(event));
  await call.end('remote-hung-up');
  const path = `/twilio/recording?call=${call.id}`;
  const form = { CallSid: CALL_SID, RecordingSid: 'RE1', RecordingUrl: 'https://x.test/RE1' };
  await report(path, { ...form, RecordingStatus: 'in-progress' });
  await report(path, { ...form, RecordingStatus: 'completed', RecordingDuration: '7' });
  await report(path, { ...form, RecordingStatus: 'absent' });
  expect(seen).toEqual([
    {
      callId: call.id,
      providerCallId: CALL_SID,
      recording: {
        by: 'provider',
        id: 'RE1',
        url: 'https://x.test/RE1',
        durationMs: 7_000,
        status: 'completed',
      },
    },
    expect.objectContaining({ recording: expect.objectContaining({ status: 'failed' }) }),
  ]);
  expect((await report(path, { CallSid: CALL_SID })).status).toBe(400);
});

test.each([
  ['busy', '486', 'busy'],
  ['busy', '603', 'rejected'],
  ['failed', '607', 'rejected'],
  ['no-answer', '608', 'rejected'],
  ['no-answer', '480', 'no-answer'],
  ['canceled', '603', 'canceled'],
  ['completed', '603', 'completed'],
  ['in-progress', undefined, 'answered'],
  ['queued', undefined, 'initiated'],
  ['resting', undefined, undefined],
] as const)('status %s with SIP %s is %s', (status, sip, progress) => {
  expect(twilioProgress(status, sip)).toBe(progress);
});

test('a request that is refused fails the call with Twilio’s code', async () => {
  server.answer = { status: 400, body: { code: 21215, message: 'not allowed', status: 400 } };
  const call = await phone.dial({ to: TO });
  expect(await call.ended).toMatchObject({ reason: 'failed', providerCause: '21215' });
});

describe('a request that was not answered', () => {
  const now = new Date().toUTCString();
  const resource = { direction: 'outbound-api', status: 'ringing', date_created: now };

  function list(...calls: object[]) {
    server.answer = { status: 200, body: { calls, next_page_uri: null } };
  }

  async function unanswered(): Promise<PhoneCall> {
    server.answer = 'break';
    return placed();
  }

  test('is looked for by its numbers, and found where one call fits', async () => {
    const call = await unanswered();
    list(
      { ...resource, sid: CALL_SID },
      { ...resource, sid: OTHER_SID, direction: 'inbound' },
      { ...resource, sid: OTHER_SID, date_created: 'Tue, 03 Nov 2026 10:00:00 +0000' },
    );
    await asked(2);
    while (call.providerCallId === undefined) await new Promise(setImmediate);
    expect(call.providerCallId).toBe(CALL_SID);
    const listed = server.requests.find(({ method }) => method === 'GET');
    const { pathname, searchParams } = new URL(listed!.path, server.url);
    expect(pathname).toBe(`${CALLS}.json`);
    expect(Object.fromEntries(searchParams)).toMatchObject({ To: TO, From: FROM });
    server.answer = { status: 200, body: {} };
  });

  test('is not mistaken for another one where several fit', async () => {
    const call = await unanswered();
    list({ ...resource, sid: CALL_SID }, { ...resource, sid: OTHER_SID });
    await asked(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(call.providerCallId).toBeUndefined();
    // The first callback says which it is.
    const form = { CallSid: OTHER_SID, CallStatus: 'ringing' };
    await report(`/twilio/status?call=${call.id}`, form);
    expect(call.providerCallId).toBe(OTHER_SID);
    expect(call.state).toBe('ringing');
    server.answer = { status: 200, body: {} };
  });
});

test('Twilio’s record gives progress, duration and cost', async () => {
  const call = await placed();
  while (call.providerCallId === undefined) await new Promise(setImmediate);
  const body = { sid: CALL_SID, status: 'in-progress', duration: null, price: null };
  server.answer = { status: 200, body: { ...body, price_unit: 'USD' } };
  expect(await call.lookUp()).toEqual({
    progress: 'answered',
    providerCause: 'in-progress',
    durationMs: undefined,
    cost: undefined,
  });
  expect(server.requests.at(-1)).toMatchObject({
    method: 'GET',
    path: `${CALLS}/${CALL_SID}.json`,
  });
  const ended = { ...body, status: 'completed', duration: '61', price: '-0.02800' };
  server.answer = { status: 200, body: { ...ended, price_unit: 'eur' } };
  expect(await call.lookUp()).toMatchObject({
    progress: 'completed',
    durationMs: 61_000,
    cost: { amount: 0.028, currency: 'EUR' },
  });
});

test('a rate that is not above zero is refused', () => {
  expect(() => createTwilioProvider({ callsPerSecond: 0 })).toThrow(RangeError);
});
