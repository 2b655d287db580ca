import type {
  CallDecision,
  EdgeParticipant,
  MediaHandler,
  Phone,
  PhoneCall,
  PhoneOptions,
  WebhookResponse,
} from '@phone-agents/core';
import { MediaAdmissionError, createPhone } from '@phone-agents/core';
import { TestLogger, TestMediaSocket } from '@phone-agents/core/testing';
import twilio from 'twilio';
import { mediaMessages, readFixture, webhookForms } from './test-support/fixtures.ts';
import { RestServer } from './test-support/rest-server.ts';
import { isTwilioCall } from './twilio-call.ts';
import { createTwilioProvider } from './twilio-provider.ts';
import type { TwilioProviderSettings } from './twilio-settings.ts';

const PUBLIC_URL = 'https://agent.example.test/phone';
const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';
const CALL_SID = 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const FROM = '+15005550010';
const forms = webhookForms();

let server: RestServer;
let phones: Phone[] = [];
beforeAll(async () => {
  server = await RestServer.start();
  server.answer = { status: 200, body: readFixture<{ updated: object }>('rest').updated };
});
beforeEach(() => (server.requests.length = 0));
afterEach(async () => {
  await Promise.all(phones.map((phone) => phone.close()));
  phones = [];
});
afterAll(() => server.close());

interface Opened {
  readonly phone: Phone;
  readonly logger: TestLogger;
  readonly calls: PhoneCall[];
}

type Taker = EdgeParticipant | MediaHandler;

/** Somebody who is there until the call is over, and says nothing. */
const listener: Taker = { join: async () => ({ close: async () => {} }) };

function open(
  answer: PhoneOptions['answer'] = listener,
  settings: TwilioProviderSettings = {},
  options: Partial<PhoneOptions> = {},
): Opened {
  const logger = new TestLogger();
  const provider = createTwilioProvider({
    accountSid: 'AC00112233445566778899aabbccddeeff',
    authToken: AUTH_TOKEN,
    apiBaseUrl: server.url,
    environment: {},
    ...settings,
  });
  const phone = createPhone({ provider, answer, publicUrl: PUBLIC_URL, logger, ...options });
  phones.push(phone);
  const calls: PhoneCall[] = [];
  phone.on('call-created', ({ call }) => void calls.push(call));
  return { phone, logger, calls };
}

function post(
  phone: Phone,
  path: string,
  form: Record<string, string>,
  changes: { signature?: string | undefined; query?: string } = {},
): Promise<WebhookResponse> {
  const query = changes.query ?? '';
  const signed = twilio.getExpectedTwilioSignature(AUTH_TOKEN, PUBLIC_URL + path + query, form);
  return phone.handleWebhook({
    method: 'POST',
    path,
    query,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': 'signature' in changes ? changes.signature : signed,
    },
    rawBody: Buffer.from(new URLSearchParams(form).toString()),
  });
}

const ring = (phone: Phone, changes: Record<string, string> = {}): Promise<WebhookResponse> =>
  post(phone, '/twilio/voice', { ...forms['voice-webhook'], ...changes });

const streamUrl = (answer: WebhookResponse): string =>
  /<Stream url="([^"]+)"/.exec(answer.body)![1]!;
const mediaPath = (answer: WebhookResponse): string =>
  streamUrl(answer).slice(PUBLIC_URL.replace('https', 'wss').length);

async function connectMedia(phone: Phone, answer: WebhookResponse): Promise<TestMediaSocket> {
  const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, streamUrl(answer), {});
  const headers = { 'x-twilio-signature': signature };
  const admission = await phone.admitMedia({ path: mediaPath(answer), query: '', headers });
  const socket = new TestMediaSocket();
  admission.accept(socket);
  return socket;
}

function untilState(call: PhoneCall, state: PhoneCall['state']): Promise<void> {
  if (call.state === state) return Promise.resolve();
  return new Promise((resolve) => call.on('state-changed', ({ to }) => to === state && resolve()));
}

describe('an incoming call', () => {
  test('is answered with a media stream, and an action behind it', async () => {
    const { phone, calls } = open();
    const answer = await ring(phone);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/xml; charset=utf-8');
    const [call] = calls;
    expect(streamUrl(answer)).toMatch(
      new RegExp(`^wss://agent\\.example\\.test/phone/twilio/media/${call!.id}/[\\w-]{43}$`),
    );
    expect(answer.body).toContain(`<Connect action="${PUBLIC_URL}/twilio/connect-action">`);
    expect(answer.body).toContain(`statusCallback="${PUBLIC_URL}/twilio/stream-status"`);
    expect(answer.body).toMatch(/<\/Connect><Hangup\/><\/Response>$/);
  });

  test('carries what Twilio said of it', async () => {
    const { phone, calls } = open();
    await ring(phone, { CallerName: 'ADA', ForwardedFrom: '+15005550099', Future: 'field' });
    const [call] = calls;
    expect(call).toMatchObject({ provider: 'twilio', providerCallId: CALL_SID, from: FROM });
    if (!isTwilioCall(call!)) throw new Error('It is a Twilio call.');
    expect(call.details).toMatchObject({
      provider: 'twilio',
      callSid: CALL_SID,
      accountSid: 'AC00112233445566778899aabbccddeeff',
      callerName: 'ADA',
      forwardedFrom: '+15005550099',
      stirVerstat: 'TN-Validation-Passed-A',
    });
    expect(call.details.fields['Future']).toBe('field');
  });

  test('gets the same answer and no second agent when its webhook comes again', async () => {
    const { phone, calls } = open();
    const answers = await Promise.all([ring(phone), ring(phone)]);
    answers.push(await ring(phone));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(calls).toHaveLength(1);
  });

  test('may be reported by GET', async () => {
    const { phone, calls } = open();
    const query = `?${new URLSearchParams(forms['voice-webhook']).toString()}`;
    const url = `${PUBLIC_URL}/twilio/voice${query}`;
    const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, url, {});
    const answer = await phone.handleWebhook({
      method: 'GET',
      path: '/twilio/voice',
      query,
      headers: { 'x-twilio-signature': signature },
      rawBody: new Uint8Array(),
    });
    expect(answer.status).toBe(200);
    expect(calls[0]).toMatchObject({ providerCallId: CALL_SID, from: FROM });
  });

  test('may carry a query of your own, which is signed too', async () => {
    const { phone } = open();
    const form = forms['voice-webhook']!;
    await expect(
      post(phone, '/twilio/voice', form, { query: '?tenant=blue' }),
    ).resolves.toMatchObject({ status: 200 });
  });

  test('is declined, forwarded or told something, as the answer decides', async () => {
    const twiml = async (decision: CallDecision, changes = {}, settings = {}): Promise<string> => {
      const { body } = await ring(open(() => decision, settings).phone, changes);
      return body.replace(/^<\?xml [^>]*\?><Response>(.*)<\/Response>$/, '$1');
    };
    expect(await twiml({ reject: 'busy' })).toBe('<Reject reason="busy"/>');
    expect(await twiml({ reject: 'rejected' })).toBe('<Reject reason="rejected"/>');
    const voice = { announcementVoice: 'Polly.Amy-Neural', announcementLanguage: 'en-GB' };
    expect(await twiml({ announce: 'Closed & gone' }, {}, voice)).toBe(
      '<Say voice="Polly.Amy-Neural" language="en-GB">Closed &amp; gone</Say><Hangup/>',
    );
    const dial = (callerId = ''): string =>
      `<Dial action="${PUBLIC_URL}/twilio/dial-action"${callerId} timeout="30"><Number>+15005550030</Number></Dial><Hangup/>`;
    const forward = { forwardTo: '+15005550030' };
    expect(await twiml(forward)).toBe(dial());
    // A caller without a number needs one of ours to be shown.
    expect(await twiml(forward, { From: 'anonymous' })).toBe(dial(' callerId="+15005550020"'));
    expect(await twiml(forward, { From: 'client:ada' }, { phoneNumber: '+15005550077' })).toBe(
      dial(' callerId="+15005550077"'),
    );
  });

  test('that the answer fails hears an apology and is hung up', async () => {
    const { phone } = open(() => Promise.reject(new Error('no')), {}, { apology: 'Sorry.' });
    const { status, body } = await ring(phone);
    expect(status).toBe(200);
    expect(body).toContain('<Say>Sorry.</Say><Hangup/>');
  });
});

describe('webhooks that are not Twilio’s, or make no sense', () => {
  test.each([
    ['no signature', undefined],
    ['an empty signature', ''],
    ['a wrong signature', 'MAIq7rKmLXMo59JZmHUn7cQ0sc8='],
  ])('%s: 403, and no call', async (_what, signature) => {
    const { phone, calls, logger } = open();
    const answer = await post(phone, '/twilio/voice', forms['voice-webhook']!, { signature });
    expect(answer.status).toBe(403);
    expect(calls).toEqual([]);
    expect(logger.at('warn')).toHaveLength(1);
  });

  test('a header of another host does not move the address that is verified', async () => {
    const { phone } = open();
    const form = forms['voice-webhook']!;
    const signature = twilio.getExpectedTwilioSignature(
      AUTH_TOKEN,
      'https://evil.test/phone/twilio/voice',
      form,
    );
    await expect(post(phone, '/twilio/voice', form, { signature })).resolves.toMatchObject({
      status: 403,
    });
  });

  test('a token that is being rotated is accepted beside the new one', async () => {
    const { phone } = open(listener, { authToken: ['the-new-one', AUTH_TOKEN] });
    await expect(ring(phone)).resolves.toMatchObject({ status: 200 });
  });

  test('an unknown path: 404; another method: 405', async () => {
    const { phone } = open();
    await expect(post(phone, '/twilio/other', {})).resolves.toMatchObject({ status: 404 });
    const request = {
      method: 'PUT',
      path: '/twilio/voice',
      query: '',
      headers: {},
      rawBody: new Uint8Array(),
    };
    await expect(phone.handleWebhook(request)).resolves.toMatchObject({ status: 405 });
  });

  test.each([
    ['no CallSid', { From: FROM }],
    ['an odd CallSid', { CallSid: '../../etc' }],
    ['a long CallSid', { CallSid: 'C'.repeat(65) }],
  ])('%s: 400', async (_what, form) => {
    const { phone, calls } = open();
    for (const path of ['/twilio/voice', '/twilio/status', '/twilio/connect-action']) {
      await expect(post(phone, path, form as Record<string, string>)).resolves.toMatchObject({
        status: 400,
      });
    }
    expect(calls).toEqual([]);
  });

  test('without a token nothing is accepted, and the log names the setting', async () => {
    const { phone, logger } = open(listener, { authToken: '' });
    await expect(ring(phone)).resolves.toMatchObject({ status: 500 });
    expect(JSON.stringify(logger.at('error')[0]!.fields)).toContain('TWILIO_AUTH_TOKEN');
  });
});

describe('the media WebSocket', () => {
  test('is admitted with its signature and its token, with or without a slash at its end', async () => {
    const { phone } = open();
    const answer = await ring(phone);
    const path = mediaPath(answer);
    for (const url of [streamUrl(answer), `${streamUrl(answer)}/`]) {
      const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, url, {});
      const headers = { 'x-twilio-signature': signature };
      await expect(phone.admitMedia({ path, query: '', headers })).resolves.toHaveProperty('call');
    }
  });

  test.each([
    ['unsigned', undefined],
    ['signed by another', 'hTuxJ6DJU7G1mVKuLtIYp8+0hIw='],
  ])('is refused with 401 where it is %s', async (_what, signature) => {
    const { phone } = open();
    const path = mediaPath(await ring(phone));
    const refused = phone.admitMedia({
      path,
      query: '',
      headers: { 'x-twilio-signature': signature },
    });
    await expect(refused).rejects.toBeInstanceOf(MediaAdmissionError);
    await expect(refused).rejects.toMatchObject({ status: 401 });
  });
});

describe('the end of a call', () => {
  async function talk(settings: TwilioProviderSettings = {}, answer: Taker = listener) {
    const opened = open(answer, settings);
    const voice = await ring(opened.phone);
    const socket = await connectMedia(opened.phone, voice);
    socket.receive(mediaMessages()['in-start']);
    const call = opened.calls[0]!;
    await untilState(call, 'streaming');
    return { ...opened, voice, socket, call };
  }

  const askAction = (
    phone: Phone,
    changes: Record<string, string> = {},
  ): Promise<WebhookResponse> =>
    post(phone, '/twilio/connect-action', { ...forms['connect-action'], ...changes });

  test('hanging up asks Twilio to complete the call', async () => {
    const { call, socket } = await talk();
    await call.hangUp();
    expect(server.requests.map(({ form }) => form)).toEqual([{ Status: 'completed' }]);
    expect(server.requests[0]!.path).toContain(`/Calls/${CALL_SID}.json`);
    expect(socket.closedWith).toBeDefined();
  });

  test('a call that we ended is hung up when Twilio asks how to go on', async () => {
    const { call, phone } = await talk();
    await call.hangUp();
    expect((await askAction(phone)).body).toContain('<Response><Hangup/></Response>');
  });

  test('a media stream that is lost gets a new one, with a new address', async () => {
    const { phone, socket, voice, call } = await talk();
    socket.lose();
    const answer = await askAction(phone);
    expect(streamUrl(answer)).not.toBe(streamUrl(voice));
    const again = await connectMedia(phone, answer);
    again.receive(mediaMessages()['in-start']);
    await untilState(call, 'streaming');
    expect(call.endInfo).toBeUndefined();
  });

  test('an action that says that the call is over ends it, and opens no new stream', async () => {
    const { phone, socket, call } = await talk();
    socket.lose();
    const answer = await askAction(phone, { CallStatus: 'completed' });
    expect(answer.body).toContain('<Response><Hangup/></Response>');
    await expect(call.ended).resolves.toMatchObject({ reason: 'remote-hung-up' });
  });

  test('an agent that fails leaves an apology by Twilio’s voice, then hangs up', async () => {
    const failing: Taker = { handleMedia: () => Promise.reject(new Error('lost my voice')) };
    const { calls } = await talkUntilEnd({ announcementLanguage: 'en-GB' }, failing);
    await calls[0]!.ended;
    const twiml = server.requests.map(({ form }) => form['Twiml']).find((text) => text);
    expect(twiml).toMatch(/^<\?xml .*<Say language="en-GB">.+<\/Say><Hangup\/><\/Response>$/);
  });

  async function talkUntilEnd(settings: TwilioProviderSettings, answer: Taker): Promise<Opened> {
    const opened = open(answer, settings);
    const socket = await connectMedia(opened.phone, await ring(opened.phone));
    socket.receive(mediaMessages()['in-start']);
    return opened;
  }

  test.each([
    ['status-callback-completed', 'remote-hung-up'],
    ['status-callback-busy', 'busy'],
    ['status-callback-no-answer', 'no-answer'],
    ['status-callback-canceled', 'canceled'],
    ['status-callback-failed', 'failed'],
  ])('%s ends the call as %s, with its cause', async (name, reason) => {
    const { phone, call } = await talk();
    const form = { ...forms[name]!, CallSid: CALL_SID };
    await expect(post(phone, '/twilio/status', form)).resolves.toMatchObject({
      status: 204,
      body: '',
    });
    const providerCause = `SIP ${forms[name]!['SipResponseCode']}`;
    await expect(call.ended).resolves.toMatchObject({ reason, providerCause });
  });

  test('a status on the way ends nothing, nor does one that is unknown or of an unknown call', async () => {
    const { phone, call } = await talk();
    for (const CallStatus of ['queued', 'initiated', 'ringing', 'in-progress', 'newly-invented']) {
      const form = { ...forms['status-callback-ringing']!, CallSid: CALL_SID, CallStatus };
      await expect(post(phone, '/twilio/status', form)).resolves.toMatchObject({ status: 204 });
    }
    await expect(
      post(phone, '/twilio/status', forms['status-callback-completed']!),
    ).resolves.toMatchObject({ status: 204 });
    expect(call.state).toBe('streaming');
  });

  test('a status callback that was entered as the voice address ends the call and makes none', async () => {
    const { phone, call, calls, logger } = await talk();
    await ring(phone, { CallStatus: 'completed' });
    await expect(call.ended).resolves.toMatchObject({ reason: 'remote-hung-up' });
    await ring(phone, { CallStatus: 'completed', CallSid: 'CA1' });
    expect(calls).toHaveLength(1);
    expect(
      logger
        .at('warn')
        .map(({ message }) => message)
        .join(),
    ).toContain('status callback');
  });
});

test('an error of the stream is logged as what it is, and acknowledged', async () => {
  const { phone, logger } = open();
  for (const name of ['stream-status-started', 'stream-status-error', 'stream-status-stopped']) {
    await expect(post(phone, '/twilio/stream-status', forms[name]!)).resolves.toMatchObject({
      status: 204,
    });
  }
  expect(logger.at('error')).toHaveLength(1);
  expect(logger.at('error')[0]!.fields).toMatchObject({
    callSid: CALL_SID,
    streamError: '31920 - WebSocket handshake did not return 101',
  });
});

test('the fallback address gets the answer of the voice address, and a warning with the code', async () => {
  const { phone, logger } = open();
  const answer = await ring(phone);
  const fallback = await post(phone, '/twilio/voice', forms['voice-webhook-fallback']!);
  expect(fallback.body).toBe(answer.body);
  expect(logger.at('warn')[0]!.fields).toMatchObject({ errorCode: '11200' });
});

test('a forwarded call is hung up when its other leg is over', async () => {
  const { phone } = open(() => ({ forwardTo: '+15005550030' }));
  await ring(phone);
  const answer = await post(phone, '/twilio/dial-action', forms['dial-action']!);
  expect(answer.body).toContain('<Response><Hangup/></Response>');
});

test('no number, token, secret or stream address passes whole into the log', async () => {
  const opened = open();
  const answer = await ring(opened.phone);
  const socket = await connectMedia(opened.phone, answer);
  socket.receive(mediaMessages()['in-start']);
  await untilState(opened.calls[0]!, 'streaming');
  socket.receive({ event: FROM, secret: 'one-time-value' });
  socket.receive('{"broken');
  await post(opened.phone, '/twilio/voice', forms['voice-webhook']!, { signature: 'wrong' });
  await post(opened.phone, '/twilio/status', { From: FROM });
  await opened.calls[0]!.hangUp();
  expect(opened.logger.lines.length).toBeGreaterThan(3);
  const log = JSON.stringify(opened.logger.lines);
  const token = mediaPath(answer).split('/').at(-1)!;
  for (const secret of [
    FROM,
    '+15005550020',
    token,
    AUTH_TOKEN,
    'one-time-value',
    'eyJ.invented',
  ]) {
    expect(log).not.toContain(secret);
  }
});

test('tells which addresses to enter at Twilio, and what is missing', () => {
  const provider = createTwilioProvider({ environment: {} });
  expect(provider.webhooks.map(({ path }) => path)).toEqual(['/twilio/voice', '/twilio/status']);
  expect(provider.checkSettings().map(({ setting }) => setting)).toEqual([
    'TWILIO_ACCOUNT_SID',
    'TWILIO_AUTH_TOKEN',
  ]);
  expect(() => createTwilioProvider({ requestTimeoutMs: 0 })).toThrow(RangeError);
});
