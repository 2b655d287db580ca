import type { MachineDetected, PhoneCall } from '@phone-agents/core';
import { systemClock } from '@phone-agents/core';
import { hangupProgress } from './hangup-report.ts';
import { createTelnyxProvider } from './telnyx-provider.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import type { RestReply, RestRequest } from './test-support/rest-server.ts';
import type { Opened } from './test-support/test-bench.ts';
import { CALL, PUBLIC_URL, TestBench, listener, report } from './test-support/test-bench.ts';

const TO = '+15005550030';
const FROM = '+15005550020';
const LEG = '11111111-2222-11ef-9333-02420a0d7868';
const SETTINGS = { callControlAppId: '1494404757140276705', phoneNumber: FROM } as const;

let bench: TestBench;
beforeAll(async () => (bench = await TestBench.start()));
beforeEach(() => (bench.server.respond = respond));
afterEach(() => bench.reset());
afterAll(() => bench.close());

const answer = (data: unknown): RestReply => ({ status: 200, body: { data } });

/** Telnyx takes the call, and knows nothing else. */
function respond({ method, path }: RestRequest): RestReply | undefined {
  if (method === 'POST' && path === '/v2/calls') return answer({ call_control_id: CALL });
  return method === 'GET' ? answer([]) : undefined;
}

interface Dialled extends Opened {
  readonly call: PhoneCall;
  readonly request: RestRequest;
}

async function dial(
  options: Partial<Parameters<Opened['phone']['dial']>[0]> = {},
  settings: TelnyxProviderSettings = {},
): Promise<Dialled> {
  const opened = bench.open(listener, { ...SETTINGS, ...settings });
  const call = await opened.phone.dial({ to: TO, ...options });
  await bench.server.until('calls');
  const request = bench.server.requests.find(({ action }) => action === 'calls')!;
  return { ...opened, call, request };
}

const stateOf = (call: PhoneCall): string =>
  Buffer.from(JSON.stringify({ call: call.id })).toString('base64');

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

test('a call is placed with its stream, our id, and an id against repetition', async () => {
  const { call, request } = await dial({ timeoutMs: 20_500, maxDurationMs: 60_000 });
  expect(request.body).toMatchObject({
    connection_id: SETTINGS.callControlAppId,
    to: TO,
    from: FROM,
    client_state: stateOf(call),
    timeout_secs: 21,
    time_limit_secs: 70,
    stream_track: 'inbound_track',
    stream_codec: 'PCMU',
    stream_bidirectional_mode: 'rtp',
    stream_bidirectional_codec: 'PCMU',
    stream_bidirectional_sampling_rate: 8000,
    send_silence_when_idle: true,
  });
  const url = String(request.body['stream_url']);
  const [, token] =
    new RegExp(`^wss${PUBLIC_URL.slice(5)}/telnyx/media/${call.id}/([\\w-]+)$`).exec(url) ?? [];
  expect(request.body['stream_auth_token']).toBe(token);
  expect(request.body['command_id']).toMatch(/^[\da-f-]{36}$/);
  expect(request.body).not.toHaveProperty('answering_machine_detection');
  expect(request.body).not.toHaveProperty('record');
});

test('what is asked for goes with it, within Telnyx’s bounds', async () => {
  const { request } = await dial(
    { timeoutMs: 2_000, maxDurationMs: 30_000, onMachine: 'hang-up', recording: true },
    { codec: 'L16' },
  );
  expect(request.body).toMatchObject({
    timeout_secs: 5,
    time_limit_secs: 60,
    answering_machine_detection: 'premium',
    record: 'record-from-answer',
    record_channels: 'dual',
    record_format: 'wav',
    stream_bidirectional_codec: 'L16',
    stream_bidirectional_sampling_rate: 16_000,
  });
});

test('without an application nothing is placed, and the setting is named', async () => {
  const { phone } = bench.open(listener, { phoneNumber: FROM });
  const call = await phone.dial({ to: TO });
  const { error, reason } = await call.ended;
  expect(reason).toBe('failed');
  expect(String(error)).toContain('TELNYX_CALL_CONTROL_APP_ID');
  expect(bench.server.requests).toHaveLength(0);
});

/** Waits of this machine's own, short ones. */
const REAL_TIME = { clock: systemClock, statusGraceMs: 20 } as const;

test('a request that fails is not repeated', async () => {
  bench.server.respond = (request) =>
    request.action === 'calls' ? { status: 502, body: '' } : respond(request);
  const { phone } = bench.open(listener, SETTINGS, REAL_TIME);
  const call = await phone.dial({ to: TO, timeoutMs: 50 });
  expect(await call.ended).toMatchObject({ reason: 'failed', providerCause: 'unknown' });
  expect(bench.server.requests.filter(({ action }) => action === 'calls')).toHaveLength(1);
});

describe('events of a call that we placed', () => {
  test('find it by our id, ring, answer and end it', async () => {
    const dialled = await dial();
    const { call } = dialled;
    const seen: string[] = [];
    for (const name of ['call-ringing', 'call-answered', 'call-ended'] as const) {
      call.on(name, () => seen.push(name));
    }
    const state = { client_state: stateOf(call) };
    await report(dialled, 'call.initiated-outgoing', state);
    await report(dialled, 'call.answered', state);
    await report(dialled, 'call.hangup', { ...state, hangup_cause: 'normal_clearing' });
    await settled();
    expect(seen).toEqual(['call-ringing', 'call-answered', 'call-ended']);
    expect(await call.ended).toMatchObject({ reason: 'remote-hung-up' });
  });

  test('of others, and of forwarded legs, are none of ours', async () => {
    const dialled = await dial();
    for (const client_state of [null, 'bm90IGpzb24=', 'WzFd', 'bnVsbA==']) {
      await report(dialled, 'call.initiated-outgoing', {
        call_control_id: 'v3:other',
        client_state,
      });
    }
    await settled();
    expect(dialled.call.state).toBe('created');
    expect(dialled.calls).toHaveLength(1);
  });

  test.each<[string, string, MachineDetected]>([
    ['premium.detection', 'human_residence', { answeredBy: 'human', greetingEnded: false }],
    ['premium.detection', 'human_business', { answeredBy: 'human', greetingEnded: false }],
    ['premium.detection', 'machine', { answeredBy: 'machine', greetingEnded: false }],
    ['premium.detection', 'fax_detected', { answeredBy: 'fax', greetingEnded: false }],
    ['premium.detection', 'silence', { answeredBy: 'unknown', greetingEnded: false }],
    ['premium.detection', 'not_sure', { answeredBy: 'unknown', greetingEnded: false }],
    [
      'premium.greeting',
      'beep_detected',
      { answeredBy: 'machine', greetingEnded: true, beep: true },
    ],
    [
      'premium.greeting',
      'no_beep_detected',
      { answeredBy: 'machine', greetingEnded: true, beep: false },
    ],
    ['detection', 'human', { answeredBy: 'human', greetingEnded: false }],
    ['detection', 'machine', { answeredBy: 'machine', greetingEnded: false }],
    ['greeting', 'ended', { answeredBy: 'machine', greetingEnded: true, beep: false }],
    ['greeting', 'not_sure', { answeredBy: 'machine', greetingEnded: true }],
  ])('call.machine.%s.ended %s', async (kind, result, expected) => {
    const dialled = await dial({ onMachine: 'continue' });
    const seen: MachineDetected[] = [];
    dialled.call.on('machine-detected', (detected) => seen.push(detected));
    const client_state = stateOf(dialled.call);
    await report(dialled, `call.machine.${kind}.ended`, { client_state, result });
    await settled();
    expect(seen).toEqual([{ beep: undefined, ...expected }]);
  });

  test('a recording is told of without the leg’s id, also after the end', async () => {
    const dialled = await dial({ recording: true });
    const { call, phone } = dialled;
    const seen: unknown[] = [];
    phone.on('recording-finished', (event) => seen.push(event));
    await call.end('remote-hung-up');
    await report(dialled, 'call.recording.saved', { client_state: stateOf(call) });
    await settled();
    expect(seen).toEqual([
      expect.objectContaining({
        callId: call.id,
        recording: expect.objectContaining({
          by: 'provider',
          url: 'https://recordings.example.test/r1.mp3?sig=invented',
          durationMs: 40_000,
          status: 'completed',
        }),
      }),
    ]);
  });
});

test.each([
  ['user_busy', 'busy', 'busy'],
  ['call_rejected', 'rejected', 'busy'],
  ['timeout', 'no-answer', 'no-answer'],
  ['no_answer', 'no-answer', 'no-answer'],
  ['originator_cancel', 'canceled', 'canceled'],
  ['normal_clearing', 'completed', 'canceled'],
  ['time_limit', 'completed', 'failed'],
  ['not_found', 'failed', 'failed'],
  ['something_new', 'failed', 'failed'],
] as const)(
  '%s is %s for a call of ours, %s for one that came in',
  (hangup_cause, ours, theirs) => {
    expect(hangupProgress({ hangup_cause }, false, 'outbound')).toBe(ours);
    expect(hangupProgress({ hangup_cause }, false, 'inbound')).toBe(theirs);
    expect(hangupProgress({ hangup_cause }, true, 'outbound')).toBe('completed');
  },
);

describe('what Telnyx’s records say', () => {
  const status = { call_control_id: CALL, call_leg_id: LEG, is_alive: false, call_duration: 61 };

  function records(call: object, events: object[] = []) {
    bench.server.respond = (request) => {
      const { pathname } = new URL(request.path, 'http://x');
      if (pathname.endsWith('/call_events')) return answer(events);
      if (pathname.endsWith('/active_calls')) return answer([]);
      return request.method === 'GET' ? answer(call) : respond(request);
    };
  }

  const event = (name: string, payload: object) => ({
    name,
    type: 'webhook',
    metadata: { extra: 1, event: { payload: { call_leg_id: LEG, ...payload } } },
  });

  async function placed(): Promise<PhoneCall> {
    const { call } = await dial();
    while (call.providerCallId === undefined) await settled();
    return call;
  }

  test('of a call that rings, is answered, and is over', async () => {
    const call = await placed();
    records({ ...status, is_alive: true });
    expect(await call.lookUp()).toMatchObject({ progress: 'ringing', durationMs: undefined });
    records({ ...status, is_alive: true }, [event('call.answered', {})]);
    expect(await call.lookUp()).toMatchObject({ progress: 'answered' });
    const cost = { total_cost: '0.0125', cost_parts: [{ currency: 'usd' }] };
    records(status, [
      event('call.answered', {}),
      event('call.hangup', { hangup_cause: 'normal_clearing', sip_hangup_cause: '200' }),
      event('call.cost', cost),
    ]);
    expect(await call.lookUp()).toEqual({
      progress: 'completed',
      providerCause: 'normal_clearing, SIP 200',
      durationMs: 61_000,
      cost: { amount: 0.0125, currency: 'USD' },
    });
    const listed = new URL(bench.server.requests.at(-1)!.path, 'http://x').searchParams;
    expect(listed.get('filter[leg_id]')).toBe(LEG);
  });

  test('of a call that nobody answered', async () => {
    const call = await placed();
    records(status, [event('call.hangup', { hangup_cause: 'user_busy' })]);
    expect(await call.lookUp()).toMatchObject({ progress: 'busy', durationMs: undefined });
    records(status);
    expect(await call.lookUp()).toMatchObject({ progress: 'failed' });
  });
});

describe('a call whose id never came', () => {
  async function unanswered(answers: (call: PhoneCall) => Record<string, unknown[]>) {
    const { phone, calls } = bench.open(listener, SETTINGS, REAL_TIME);
    bench.server.respond = (request) => {
      if (request.action === 'calls') return 'break';
      const name = /(active_calls|call_events)/.exec(request.path)?.[1];
      return name === undefined ? respond(request) : answer(answers(calls[0]!)[name]);
    };
    const call = await phone.dial({ to: TO });
    while (call.providerCallId === undefined) await settled();
    return call;
  }

  test('is found among the calls that live, by our id', async () => {
    const call = await unanswered((sought) => ({
      active_calls: [
        { call_control_id: 'v3:other', client_state: stateOf({ id: 'x' } as PhoneCall) },
        { call_control_id: CALL, client_state: stateOf(sought) },
      ],
      call_events: [],
    }));
    expect(call.providerCallId).toBe(CALL);
  });

  test('is found among the events of those that are over', async () => {
    const call = await unanswered((sought) => ({
      active_calls: [],
      call_events: [
        {
          name: 'call.hangup',
          metadata: { payload: { call_control_id: CALL, client_state: stateOf(sought) } },
        },
      ],
    }));
    expect(call.providerCallId).toBe(CALL);
  });
});

test('a rate that is not above zero is refused', () => {
  expect(() => createTelnyxProvider({ callsPerSecond: 0 })).toThrow(RangeError);
});
