import type { CallDecision, Phone, WebhookResponse } from '@phone-agents/core';
import { MediaAdmissionError } from '@phone-agents/core';
import type { ManualClock } from '@phone-agents/core/testing';
import { isTelnyxCall } from './telnyx-call.ts';
import { createTelnyxProvider } from './telnyx-provider.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import type { RestAnswer, RestServer } from './test-support/rest-server.ts';
import type { Opened } from './test-support/test-bench.ts';
import {
  CALL,
  FROM,
  TestBench,
  connectMedia,
  ended,
  events,
  failing,
  listener,
  mediaPath,
  postBody,
  report,
  unauthorised,
  untilState,
} from './test-support/test-bench.ts';

let bench: TestBench;
let server: RestServer;
beforeAll(async () => {
  bench = await TestBench.start();
  server = bench.server;
});
afterEach(() => bench.reset());
afterAll(() => bench.close());

const open: TestBench['open'] = (...options) => bench.open(...options);

describe('an incoming call', () => {
  test('is acknowledged with an empty 200 before any work, then answered with its stream', async () => {
    const opened = open();
    const response = await report(opened, 'call.initiated');
    expect(response).toEqual({ status: 200, headers: {}, body: '' });
    expect(opened.calls).toEqual([]);
    await server.until('answer');
    const [call] = opened.calls;
    const { body, path } = server.command('answer');
    expect(path).toBe(`/v2/calls/${CALL}/actions/answer`);
    expect(body['stream_url']).toMatch(
      new RegExp(`^wss://agent\\.example\\.test/phone/telnyx/media/${call!.id}/[\\w-]{43}$`),
    );
    expect(body).toMatchObject({
      stream_bidirectional_mode: 'rtp',
      stream_bidirectional_codec: 'PCMU',
      send_silence_when_idle: true,
    });
  });

  test('carries what Telnyx said of it', async () => {
    const opened = open();
    await report(opened, 'call.initiated', { future: 'field' });
    await server.until('answer');
    const call = opened.calls[0]!;
    expect(call).toMatchObject({ provider: 'telnyx', providerCallId: CALL, from: FROM });
    if (!isTelnyxCall(call)) throw new Error('It is a Telnyx call.');
    expect(call.details).toMatchObject({ callControlId: CALL, callerName: 'ADA LOVELACE' });
    expect(call.details.payload['future']).toBe('field');
  });

  test('is answered once, however often and at once its event comes', async () => {
    const opened = open();
    const body = JSON.stringify(events['call.initiated']);
    const twice = await Promise.all([postBody(opened, body), postBody(opened, body)]);
    await server.until('answer');
    twice.push(await postBody(opened, body));
    // Another delivery of the same call, with an id of its own, is the same call too.
    await report(opened, 'call.initiated');
    await report(opened, 'call.initiated', { call_control_id: 'v3:next' });
    await server.until('answer', 2);
    expect(twice.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(opened.calls.map(({ providerCallId }) => providerCallId)).toEqual([CALL, 'v3:next']);
    expect(server.commands).toEqual(['answer', 'answer']);
  });

  test('our own outgoing legs, and events without a leg or unknown, are never answered', async () => {
    const opened = open();
    const { status } = await report(opened, 'call.initiated-outgoing');
    expect(status).toBe(200);
    await report(opened, 'call.initiated', { direction: undefined });
    await report(opened, 'call.initiated', { call_control_id: undefined });
    await report(opened, 'call.initiated', {}, { event_type: 'call.newly.invented' });
    for (const name of Object.keys(events)) {
      if (/initiated|hangup|streaming/.test(name)) continue;
      await expect(report(opened, name)).resolves.toMatchObject({ status: 200, body: '' });
    }
    await report(opened, 'call.initiated', { call_control_id: 'v3:next' });
    await server.until('answer');
    expect(opened.calls.map(({ providerCallId }) => providerCallId)).toEqual(['v3:next']);
    expect(server.requests).toHaveLength(1);
  });

  test('that was given up before its event came is not answered', async () => {
    const opened = open();
    await report(opened, 'call.hangup', { hangup_cause: 'originator_cancel' });
    await report(opened, 'call.initiated');
    await report(opened, 'call.initiated', { call_control_id: 'v3:next' });
    await server.until('answer');
    expect(opened.calls.map(({ providerCallId }) => providerCallId)).toEqual(['v3:next']);
    expect(server.requests).toHaveLength(1);
  });

  test('that is given up while the agent prepares is not answered', async () => {
    const opened = open({ join: () => new Promise(() => {}) });
    await report(opened, 'call.initiated');
    await opened.clock.advance(100);
    await report(opened, 'call.hangup', { hangup_cause: 'originator_cancel' });
    await opened.clock.advance(5_000);
    await expect(opened.calls[0]!.ended).resolves.toMatchObject({
      reason: 'canceled',
      providerCause: 'originator_cancel, SIP 200',
    });
    await report(opened, 'call.initiated', { call_control_id: 'v3:next' });
    await opened.clock.advance(2_000);
    await server.until('answer');
    expect(server.requests).toHaveLength(1);
  });

  test.each(['busy', 'rejected'] as const)('is declined as %s', async (reject) => {
    const opened = open(() => ({ reject }));
    await report(opened, 'call.initiated');
    await server.until('reject');
    const cause = reject === 'busy' ? 'USER_BUSY' : 'CALL_REJECTED';
    expect(server.command('reject').body).toMatchObject({ cause });
    expect(server.commands).toEqual(['reject']);
  });

  test('whose answer fails hears an apology and is hung up', async () => {
    const opened = open(() => Promise.reject(new Error('no')), {}, { apology: 'Sorry.' });
    await report(opened, 'call.initiated');
    await server.until('answer');
    await report(opened, 'call.answered');
    await server.until('speak');
    expect(server.command('speak').body).toMatchObject({ payload: 'Sorry.' });
    await report(opened, 'call.playback.ended', {}, { event_type: 'call.speak.ended' });
    await server.until('hangup');
    expect(server.commands).toEqual(['answer', 'speak', 'hangup']);
  });
});

describe('where streams are started apart: L16, or requireStreamAuthHeader', () => {
  const settings: [string, TelnyxProviderSettings, number][] = [
    ['L16', { codec: 'L16' }, 16000],
    ['requireStreamAuthHeader', { requireStreamAuthHeader: true }, 8000],
  ];

  test.each(settings)(
    '%s: the stream is started once the call is answered',
    async (_what, setting, rate) => {
      const opened = open(listener, setting);
      await report(opened, 'call.initiated');
      await server.until('answer');
      expect(server.command('answer').body).not.toHaveProperty('stream_url');
      await report(opened, 'call.answered');
      await server.until('streaming_start');
      const start = server.command('streaming_start');
      const path = mediaPath(start);
      const token = path.split('/').at(-1)!;
      expect(start.body).toMatchObject({
        stream_bidirectional_sampling_rate: rate,
        stream_bidirectional_mode: 'rtp',
        stream_bidirectional_codec: setting.codec ?? 'PCMU',
        stream_auth_token: token,
      });
      await connectMedia(opened.phone, path, { 'x-telnyx-streaming-auth-token': token });
      await untilState(opened.calls[0]!, 'streaming');
      expect(server.commands).toEqual(['answer', 'streaming_start']);
    },
  );

  test('the report that it is answered may be faster than the answer to the command', async () => {
    const opened = open(listener, { codec: 'L16' });
    server.respond = (request) => {
      if (request.action === 'answer') void report(opened, 'call.answered');
      return undefined;
    };
    await report(opened, 'call.initiated');
    await server.until('streaming_start');
    await report(opened, 'call.answered');
    await opened.calls[0]!.hangUp();
    expect(server.commands).toEqual(['answer', 'streaming_start', 'hangup']);
  });

  test('a stream that cannot be started ends the call, and hangs up', async () => {
    server.respond = failing('streaming_start', unauthorised);
    const opened = open(listener, { codec: 'L16' });
    await report(opened, 'call.initiated');
    await server.until('answer');
    await report(opened, 'call.answered');
    await server.until('hangup');
    await expect(opened.calls[0]!.ended).resolves.toMatchObject({
      reason: 'media-timeout',
      providerCause: 'error 10009',
    });
  });
});

describe('a forwarded call', () => {
  const forward: CallDecision = { forwardTo: '+15005550030' };

  async function forwardCall(payload = {}, settings: TelnyxProviderSettings = {}): Promise<Opened> {
    const opened = open(() => forward, settings);
    await report(opened, 'call.initiated', payload);
    await server.until('answer');
    await report(opened, 'call.answered', payload);
    await server.until('transfer');
    return opened;
  }

  test('is answered, then transferred, and shows its caller', async () => {
    await forwardCall();
    expect(server.command('transfer').body).toMatchObject({
      to: '+15005550030',
      from: FROM,
      diversion: '+15005550020',
      timeout_secs: 30,
    });
  });

  test('shows our own number where its caller has none', async () => {
    await forwardCall({ from: 'anonymous' }, { phoneNumber: '+15005550077' });
    const { body } = server.command('transfer');
    expect(body['from']).toBe('+15005550077');
    expect(body).not.toHaveProperty('diversion');
  });

  test('is hung up when its other leg is over, or never came about', async () => {
    const opened = await forwardCall();
    const other = {
      call_control_id: 'v3:other-leg',
      client_state: server.command('transfer').body['target_leg_client_state'],
    };
    await report(opened, 'call.initiated-outgoing', other);
    await report(opened, 'call.answered', other);
    await report(opened, 'call.bridged', other);
    await report(opened, 'call.hangup', { ...other, hangup_cause: 'user_busy' });
    await server.until('hangup');
    expect(server.command('hangup').path).toContain(CALL);
    expect(server.commands).toEqual(['answer', 'transfer', 'hangup']);
  });

  test('is hung up where it cannot be transferred', async () => {
    server.respond = failing('transfer', unauthorised);
    const opened = open(() => forward);
    await report(opened, 'call.initiated');
    await server.until('answer');
    await report(opened, 'call.answered');
    await server.until('hangup');
    expect(server.commands).toEqual(['answer', 'hangup']);
  });

  test.each(['eyJzIjoiYzEifQ==', 'bm8ganNvbg==', '!!', null])(
    'the end of a leg with another state (%j) hangs up nobody',
    async (client_state) => {
      const opened = await forwardCall();
      await report(opened, 'call.hangup', { call_control_id: 'v3:else', client_state });
      await report(opened, 'call.initiated', { call_control_id: 'v3:next' });
      await server.until('answer', 2);
      expect(server.commands).not.toContain('hangup');
    },
  );
});

describe('an announcement', () => {
  const text = 'We are closed.';

  async function announce(answer: string = text): Promise<Opened> {
    const opened = open(() => ({ announce: answer }));
    await report(opened, 'call.initiated');
    await server.until('answer');
    await report(opened, 'call.answered');
    await server.until('speak');
    return opened;
  }

  const spoken = (opened: Opened): Promise<WebhookResponse> =>
    report(opened, 'call.playback.ended', {}, { event_type: 'call.speak.ended' });

  test('is spoken once the call is answered, and hung up when it was spoken', async () => {
    const opened = await announce();
    expect(server.command('speak').body).toMatchObject({ payload: text });
    await spoken(opened);
    await server.until('hangup');
    expect(server.commands).toEqual(['answer', 'speak', 'hangup']);
    await opened.phone.close();
    expect(opened.clock.timerCount).toBe(0);
  });

  test('is hung up after ten seconds where Telnyx never says that it was spoken', async () => {
    const { clock } = await announce();
    await untilTimer(clock);
    await clock.advance(9_999);
    expect(server.commands).not.toContain('hangup');
    await clock.advance(1);
    await server.until('hangup');
  });

  test('a long one is given the time that it needs', async () => {
    const { clock } = await announce('x'.repeat(200));
    await untilTimer(clock);
    await clock.advance(23_999);
    expect(server.commands).not.toContain('hangup');
    await clock.advance(1);
    await server.until('hangup');
  });

  test('that is not taken is no reason for a silent line', async () => {
    server.respond = failing('speak', unauthorised);
    const opened = open(() => ({ announce: text }));
    await report(opened, 'call.initiated');
    await server.until('answer');
    await report(opened, 'call.answered');
    await server.until('hangup');
    expect(server.commands).toEqual(['answer', 'hangup']);
  });

  test('nobody is hung up who has hung up', async () => {
    const opened = await announce();
    await untilTimer(opened.clock);
    await report(opened, 'call.hangup');
    await opened.clock.advance(60_000);
    await spoken(opened);
    await report(opened, 'call.initiated', { call_control_id: 'v3:next' });
    await server.until('answer', 2);
    expect(server.commands).not.toContain('hangup');
    expect(opened.clock.timerCount).toBe(0);
  });
});

/** The time limit runs from the moment at which the answer to the command has come. */
async function untilTimer(clock: ManualClock): Promise<void> {
  while (clock.timerCount === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('a call that cannot be answered', () => {
  test.each<[string, RestAnswer, string]>([
    ['a refusal', unauthorised, 'error 10009'],
    ['a fault', { status: 503, body: {} }, 'error 503'],
  ])('ends with a reason: %s', async (_what, answer, providerCause) => {
    server.respond = failing('answer', answer);
    const faults: unknown[] = [];
    const opened = open(listener, {}, { onError: (error) => void faults.push(error) });
    await report(opened, 'call.initiated');
    await server.until('hangup');
    await expect(opened.calls[0]!.ended).resolves.toMatchObject({
      reason: 'failed',
      providerCause,
    });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ code: 'provider_request_failed' });
  });

  test('because its caller has gone is canceled, and no error', async () => {
    server.respond = failing('answer', ended);
    const opened = open();
    await report(opened, 'call.initiated');
    await opened.clock.advance(0);
    await untilCreated(opened);
    await expect(opened.calls[0]!.ended).resolves.toMatchObject({
      reason: 'canceled',
      providerCause: 'error 90018',
      error: undefined,
    });
    expect(opened.logger.at('error')).toEqual([]);
  });

  async function untilCreated({ calls }: Opened): Promise<void> {
    while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  test('without a key ends too, and the log names the setting', async () => {
    const opened = open(listener, { apiKey: '' });
    await report(opened, 'call.initiated');
    await untilCreated(opened);
    await expect(opened.calls[0]!.ended).resolves.toMatchObject({ reason: 'failed' });
    expect(JSON.stringify(opened.logger.at('error'))).toContain('TELNYX_API_KEY');
  });
});

describe('webhooks that are not Telnyx’s, or make no sense', () => {
  const body = JSON.stringify(events['call.initiated']);

  test.each([
    ['no signature', { signature: undefined }],
    ['an empty signature', { signature: '' }],
    ['a wrong signature', { signature: `${'A'.repeat(86)}==` }],
    [
      'a signature that is five minutes old',
      { timestamp: String(Date.UTC(2026, 10, 22, 9, 35, 59) / 1000) },
    ],
  ])('%s: 403, and no call', async (_what, changes) => {
    const opened = open();
    await expect(postBody(opened, body, changes)).resolves.toMatchObject({ status: 403 });
    await opened.clock.advance(1_000);
    expect(opened.calls).toEqual([]);
    expect(opened.logger.at('warn')).toHaveLength(1);
  });

  test('an unknown path: 404; another method: 405', async () => {
    const opened = open();
    const path = '/telnyx/other';
    await expect(postBody(opened, body, { path })).resolves.toMatchObject({ status: 404 });
    await expect(postBody(opened, body, { method: 'GET' })).resolves.toMatchObject({ status: 405 });
  });

  test.each(['', '{}', 'null', '{"data":{"event_type":"call.initiated"}}'])(
    'a signed body that is no event: 400: %j',
    async (text) => {
      const opened = open();
      await expect(postBody(opened, text)).resolves.toMatchObject({ status: 400 });
    },
  );

  test('without a public key nothing is accepted, and the log names the setting', async () => {
    const opened = open(listener, { publicKey: '' });
    await expect(report(opened, 'call.initiated')).resolves.toMatchObject({ status: 500 });
    expect(JSON.stringify(opened.logger.at('error')[0]!.fields)).toContain('TELNYX_PUBLIC_KEY');
  });
});

describe('the media WebSocket', () => {
  async function ring(settings: TelnyxProviderSettings = {}): Promise<Opened & { path: string }> {
    const opened = open(listener, settings);
    await report(opened, 'call.initiated');
    await server.until('answer');
    if (settings.requireStreamAuthHeader === true) await report(opened, 'call.answered');
    const action = settings.requireStreamAuthHeader === true ? 'streaming_start' : 'answer';
    await server.until(action);
    return { ...opened, path: mediaPath(server.command(action)) };
  }

  const admit = (phone: Phone, path: string, token?: string) =>
    phone.admitMedia({ path, query: '', headers: { 'x-telnyx-streaming-auth-token': token } });

  test('is admitted by the token in its path, and by the same in its header', async () => {
    const { phone, path } = await ring();
    await expect(admit(phone, path)).resolves.toHaveProperty('call');
    await expect(admit(phone, path, path.split('/').at(-1))).resolves.toHaveProperty('call');
    await expect(admit(phone, `${path}/`, path.split('/').at(-1))).resolves.toHaveProperty('call');
  });

  test.each(['', 'other', 'x'.repeat(43)])('is refused where its header is %j', async (token) => {
    const { phone, path } = await ring();
    const refused = admit(phone, path, token);
    await expect(refused).rejects.toBeInstanceOf(MediaAdmissionError);
    await expect(refused).rejects.toMatchObject({ status: 401 });
  });

  test('is refused without the header where that is required', async () => {
    const { phone, path } = await ring({ requireStreamAuthHeader: true });
    await expect(admit(phone, path)).rejects.toMatchObject({ status: 401 });
    await expect(admit(phone, path, path.split('/').at(-1))).resolves.toHaveProperty('call');
  });

  test('is refused with another token, whatever the header says', async () => {
    const { phone, path } = await ring();
    const wrong = path.replace(/[^/]+$/, 'x'.repeat(43));
    await expect(admit(phone, wrong)).rejects.toMatchObject({ status: 401 });
    await expect(admit(phone, wrong, 'x'.repeat(43))).rejects.toMatchObject({ status: 401 });
  });
});

test('tells which address to enter at Telnyx, and what is missing', () => {
  const provider = createTelnyxProvider({ environment: {} });
  expect(provider.webhooks.map(({ path }) => path)).toEqual(['/telnyx/events']);
  expect(provider.mediaRedialWithinMs).toBe(10_000);
  expect(provider.checkSettings().map(({ setting }) => setting)).toEqual([
    'TELNYX_API_KEY',
    'TELNYX_PUBLIC_KEY',
  ]);
});

test.each<[string, object]>([
  ['a time of nothing', { requestTimeoutMs: 0 }],
  ['a time that Telnyx does not take', { forwardTimeoutMs: 4_999 }],
  ['a codec that is none of the three', { codec: 'G722' }],
])('refuses %s at once', (_what, settings) => {
  expect(() => createTelnyxProvider(settings)).toThrow(RangeError);
});

test('refuses a byte order that is none', () => {
  const settings = { l16ByteOrder: 'middle' } as object;
  expect(() => createTelnyxProvider(settings)).toThrow(/byte order/i);
});
