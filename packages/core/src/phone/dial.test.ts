import {
  CommandUnsupportedError,
  ConfigurationError,
  DialRefusedError,
  ProviderRequestError,
} from '../errors.ts';
import type { DialBench, DialBenchOptions } from '../test-support/dial-bench.ts';
import { CALLED, CALLING, createDialBench } from '../test-support/dial-bench.ts';
import type { TelephonyProvider } from '../provider/telephony-provider.ts';
import type { DialOptions } from './dial-options.ts';

const benches: DialBench[] = [];

function bench(options?: DialBenchOptions): DialBench {
  const created = createDialBench(options);
  benches.push(created);
  return created;
}

function dial({ phone }: DialBench, options: Partial<DialOptions> = {}) {
  return phone.dial({ to: CALLED, from: CALLING, ...options });
}

afterEach(async () => {
  for (const { close, clock } of benches.splice(0)) {
    await close();
    expect(clock.timerCount).toBe(0);
  }
});

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DialRefusedError)) throw new Error(`not refused, but ${String(error)}`);
  expect(error.code).toBe('dial_refused');
  expect(error.message).not.toContain(CALLED);
  return error.rule;
}

describe('what is refused before anything rings:', () => {
  test.each(['5550010', '15005550010', '+05005550010', '+1 500 555 0010', 'sip:a@b.example', ''])(
    '%j is no number in E.164',
    async (to) => {
      const { phone } = bench();
      expect(await refusal(phone.dial({ to, from: CALLING }))).toBe('number');
      expect(await refusal(phone.dial({ to: CALLED, from: to }))).toBe('number');
    },
  );

  test('a prefix that is not allowed, or a number that your own rule refuses', async () => {
    const prefixes = bench({ phone: { outbound: { allowedPrefixes: ['+44', '+4930'] } } });
    expect(await refusal(dial(prefixes))).toBe('destination');
    await dial(prefixes, { to: '+493012345678' });
    const rule = bench({
      phone: { outbound: { refuses: (to) => (to === CALLED ? 'Not this one.' : undefined) } },
    });
    expect(await refusal(dial(rule))).toBe('destination');
    await dial(rule, { to: '+15005550031' });
  });

  test('more calls to one number within an hour than are allowed', async () => {
    const stage = bench({ phone: { outbound: { maxCallsPerNumberPerHour: 2 } } });
    stage.carrier.setPhone(CALLED, { does: 'busy' });
    await dial(stage);
    await dial(stage);
    expect(await refusal(dial(stage))).toBe('calls-per-number');
    const other = await dial(stage, { to: '+15005550031' });
    await stage.clock.advance(5_000);
    await other.hangUp();
    await stage.clock.advance(3_600_000);
    await dial(stage);
  });

  test('more calls at once than are allowed, also when they are asked for at once', async () => {
    const stage = bench({ phone: { outbound: { maxConcurrentCalls: 2 } } });
    const asked = [dial(stage), dial(stage), dial(stage)];
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(await refusal(asked[2]!)).toBe('concurrent-calls');
    const first = await asked[0]!;
    void first.hangUp();
    await dial(stage);
  });

  test('everything, while calling out is switched off', async () => {
    let isStopped = true;
    const stage = bench({ phone: { outbound: { isStopped: () => isStopped } } });
    expect(await refusal(dial(stage))).toBe('stopped');
    isStopped = false;
    await dial(stage);
  });

  test('everything, while the server shuts down', async () => {
    const stage = bench();
    void stage.phone.drain();
    expect(await refusal(dial(stage))).toBe('draining');
  });

  test('a provider that places no calls, and settings that are missing', async () => {
    const stage = bench();
    Object.defineProperty(stage.provider, 'dial', { value: undefined });
    await expect(dial(stage)).rejects.toThrow(CommandUnsupportedError);
    await expect(bench().phone.dial({ to: CALLED })).rejects.toThrow(ConfigurationError);
    await expect(dial(bench({ phone: { answer: () => ({ reject: 'busy' }) } }))).rejects.toThrow(
      '`agent` must say who talks',
    );
    await expect(dial(bench({ phone: { publicUrl: undefined } }))).rejects.toThrow('publicUrl');
  });

  test.each<Partial<DialOptions>>([
    { timeoutMs: 0 },
    { timeoutMs: 120_001 },
    { timeoutMs: Number.NaN },
    { maxDurationMs: 0 },
    { onMachine: 'leave-message' },
    { onMachine: 'leave-message', message: ' ' },
  ])('%j makes no sense', async (options) => {
    await expect(dial(bench(), options)).rejects.toThrow(RangeError);
  });

  test.each([
    { maxConcurrentCalls: 0 },
    { maxCallsPerNumberPerHour: -1 },
    { maxCallDurationMs: Number.NaN },
    { allowedPrefixes: ['49'] },
    { allowedPrefixes: [''] },
  ])('the limits %j make no sense', (outbound) => {
    expect(() => bench({ phone: { outbound } })).toThrow(RangeError);
  });
});

test('calls are spaced out to one a second, and a call given up meanwhile is never placed', async () => {
  const stage = bench();
  const { carrier, clock } = stage;
  const calls = [];
  for (let index = 0; index < 4; index++) calls.push(await dial(stage));
  await clock.advance(0);
  expect(carrier.dialled).toHaveLength(1);
  await clock.advance(1_000);
  expect(carrier.dialled).toHaveLength(2);
  void calls[2]!.hangUp();
  await clock.advance(1_000);
  expect(carrier.dialled).toHaveLength(2);
  await clock.advance(1_000);
  expect(carrier.dialled).toHaveLength(3);
  expect((await calls[2]!.answered).outcome).toBe('canceled');
});

test('a call that waits its turn is not placed once calling out is switched off', async () => {
  let isStopped = false;
  const stage = bench({ phone: { outbound: { isStopped: () => isStopped } } });
  await dial(stage);
  const waiting = await dial(stage);
  isStopped = true;
  await stage.clock.advance(2_000);
  expect(stage.carrier.dialled).toHaveLength(1);
  expect(await waiting.ended).toMatchObject({ reason: 'limit-reached', providerCause: 'stopped' });
});

test('the longest call is the shorter of what is asked for and what is allowed', async () => {
  const stage = bench({ phone: { outbound: { maxCallDurationMs: 5_000 } } });
  const long = await dial(stage, { maxDurationMs: 60_000 });
  const short = await dial(stage, { maxDurationMs: 2_000 });
  await stage.clock.advance(4_000);
  expect(long.endInfo).toBeUndefined();
  expect(short.endInfo).toMatchObject({ reason: 'max-duration-reached', durationMs: 2_000 });
  await stage.clock.advance(2_000);
  expect(long.endInfo).toMatchObject({ reason: 'max-duration-reached', durationMs: 5_000 });
});

describe('when the request’s fate is unknown', () => {
  test('the call is adopted by the first report, and told of as a fault', async () => {
    const stage = bench({ carrier: { losesDialReplies: true } });
    const call = await dial(stage);
    await stage.clock.advance(1_000);
    expect(call.providerCallId).toBe(stage.carrier.dialled[0]!.providerCallId);
    expect(call.state).toBe('streaming');
    expect(stage.errors).toHaveLength(1);
    expect(stage.errors[0]).toBeInstanceOf(ProviderRequestError);
  });

  test('the call is adopted by the media stream that opens', async () => {
    const stage = bench({ carrier: { losesDialReplies: true, statusReports: 'lost' } });
    const call = await dial(stage);
    await stage.clock.advance(1_000);
    expect(call.providerCallId).toBe(stage.carrier.dialled[0]!.providerCallId);
    expect((await call.answered).outcome).toBe('answered');
    void call.hangUp();
    await stage.clock.advance(100);
    expect(await stage.carrier.dialled[0]!.ended).toMatchObject({ by: 'server' });
  });

  test('a call of which nothing is ever found is given up after its ringing time', async () => {
    const stage = bench();
    stage.provider.dial = () => Promise.reject(new ProviderRequestError('timed out'));
    const call = await dial(stage, { timeoutMs: 20_000 });
    await stage.clock.advance(34_000);
    expect(call.endInfo).toBeUndefined();
    await stage.clock.advance(2_000);
    expect(call.endInfo).toMatchObject({ reason: 'failed', providerCause: 'unknown' });
    expect((await call.answered).outcome).toBe('failed');
  });

  test.each([500, 502, 408, undefined])(
    'status %s may have placed it, and it is never placed again',
    async (status) => {
      const stage = bench();
      let requests = 0;
      stage.provider.dial = () => {
        requests++;
        return Promise.reject(new ProviderRequestError('no', { status }));
      };
      const call = await dial(stage);
      await stage.clock.advance(1_000);
      expect(call.endInfo).toBeUndefined();
      await stage.clock.advance(60_000);
      expect(call.endInfo).toMatchObject({ reason: 'failed' });
      expect(requests).toBe(1);
    },
  );

  test('a call that was given up meanwhile is hung up when it shows itself', async () => {
    const stage = bench({ carrier: { losesDialReplies: true } });
    const { carrier, clock } = stage;
    carrier.setPhone(CALLED, { does: 'ring' });
    const find = carrier.find.bind(carrier);
    let isFound = false;
    carrier.find = (reference) => (isFound ? find(reference) : Promise.resolve([]));
    stage.provider.handleWebhook = async () => ({ status: 204, headers: {}, body: '' });
    const call = await dial(stage, { timeoutMs: 60_000 });
    await clock.advance(500);
    void call.hangUp();
    await clock.advance(10_000);
    isFound = true;
    expect(carrier.dialled[0]!.isEnded).toBe(false);
    // The first report that comes through names our call.
    delete (stage.provider as Partial<TelephonyProvider>).handleWebhook;
    const { providerCallId, reference } = carrier.dialled[0]!;
    await carrier.report('event', { uuid: providerCallId, reference, status: 'ringing' });
    await clock.advance(100);
    expect(await carrier.dialled[0]!.ended).toMatchObject({ by: 'server' });
    expect(call.endInfo?.reason).toBe('hung-up');
  });
});

test('an unanswered call whose end is not known to the provider either is hung up as no answer', async () => {
  const stage = bench({ carrier: { statusReports: 'lost' } });
  stage.carrier.setPhone(CALLED, { does: 'ring' });
  stage.provider.lookUp = () => Promise.reject(new ProviderRequestError('down', { status: 503 }));
  // The carrier rings on for longer than it was told to.
  const create = stage.carrier.create.bind(stage.carrier);
  stage.carrier.create = (request) => create({ ...request, ringMs: 600_000 });
  const call = await dial(stage, { timeoutMs: 20_000 });
  await stage.clock.advance(31_000);
  expect((await call.answered).outcome).toBe('no-answer');
  expect(await stage.carrier.dialled[0]!.ended).toMatchObject({ by: 'server' });
});

test('a call whose media is lost for good ends as the provider’s records say', async () => {
  const stage = bench({ carrier: { statusReports: 'lost' } });
  const call = await dial(stage);
  await stage.clock.advance(1_000);
  const line = stage.carrier.dialled[0]!;
  // Hung up by who was called, and neither a stop nor a report comes.
  line.dropMedia = () => {};
  stage.provider.lookUp = () =>
    Promise.resolve({ progress: 'completed', providerCause: 'SIP 200' });
  stage.provider.handleWebhook = async () => ({ status: 204, headers: {}, body: '' });
  line.vanish();
  await stage.clock.advance(15_000);
  expect(call.endInfo).toMatchObject({ reason: 'remote-hung-up', providerCause: 'SIP 200' });
});

describe('answering machines:', () => {
  test('without a verdict, it is taken for a person in the end', async () => {
    const stage = bench({ carrier: { statusReports: 'lost' } });
    stage.carrier.setPhone(CALLED, { does: 'machine' });
    const call = await dial(stage, { onMachine: 'hang-up' });
    const seen: unknown[] = [];
    call.on('machine-detected', (detected) => seen.push(detected));
    let outcome: string | undefined;
    void call.answered.then((answered) => (outcome = answered.outcome));
    await stage.clock.advance(30_000);
    expect(call.state).toBe('streaming');
    expect(outcome).toBeUndefined();
    await stage.clock.advance(20_000);
    expect(outcome).toBe('answered');
    expect(seen).toEqual([{ answeredBy: 'unknown', greetingEnded: false, beep: undefined }]);
    expect(call.endInfo).toBeUndefined();
  });

  test('an agent that leaves no messages has the provider’s voice say it after the beep', async () => {
    const stage = bench();
    stage.carrier.setPhone(CALLED, { does: 'machine' });
    const join = stage.agent.join.bind(stage.agent);
    stage.agent.join = async (edgeCall, context) => {
      const session = await join(edgeCall, context);
      return {
        phoneAttached: (attached) => session.phoneAttached?.(attached),
        close: () => session.close(),
      };
    };
    const call = await dial(stage, { onMachine: 'leave-message', message: 'Please call back.' });
    await stage.clock.advance(1_500);
    expect((await call.answered).outcome).toBe('machine');
    expect(stage.carrier.dialled[0]!.announcements).toEqual([]);
    await stage.clock.advance(3_000);
    expect(stage.carrier.dialled[0]!.announcements).toEqual(['Please call back.']);
    expect(call.endInfo?.reason).toBe('machine-answered');
  });

  test('a greeting whose end is not reported counts as over after a while', async () => {
    const stage = bench({ carrier: { statusReports: 'lost' } });
    stage.carrier.setPhone(CALLED, { does: 'machine' });
    const call = await dial(stage, { onMachine: 'leave-message', message: '1200 500' });
    await stage.clock.advance(2_000);
    call.machineDetected({ answeredBy: 'machine', greetingEnded: false });
    call.machineDetected({ answeredBy: 'machine', greetingEnded: false });
    await stage.clock.advance(29_000);
    expect(call.endInfo).toBeUndefined();
    await stage.clock.advance(4_000);
    expect(call.endInfo?.reason).toBe('machine-answered');
    expect(stage.carrier.dialled[0]!.playedMs).toBe(500);
  });

  test('a fax is not left a message', async () => {
    const stage = bench();
    const call = await dial(stage, { onMachine: 'leave-message', message: '1200 500' });
    await stage.clock.advance(300);
    call.machineDetected({ answeredBy: 'fax', greetingEnded: false });
    expect(call.endInfo?.reason).toBe('machine-answered');
    expect((await call.answered).outcome).toBe('machine');
  });
});

test('the agent’s turn is waited for by a goodbye, and no longer than a minute', async () => {
  const stage = bench();
  const call = await dial(stage);
  await stage.clock.advance(1_000);
  const session = stage.agent.sessions[0]!;
  session.speak(1_037, 120_000);
  void call.hangUp({ afterPlayout: true });
  await stage.clock.advance(59_000);
  expect(call.endInfo).toBeUndefined();
  await stage.clock.advance(2_000);
  expect(call.endInfo?.reason).toBe('hung-up');
});

test('a goodbye is not waited for once the call has ended', async () => {
  const stage = bench();
  const call = await dial(stage);
  await stage.clock.advance(1_000);
  stage.agent.sessions[0]!.speak(1_037, 120_000);
  const end = call.hangUp({ afterPlayout: true });
  await stage.clock.advance(100);
  stage.carrier.dialled[0]!.hangUp();
  await stage.clock.advance(100);
  expect((await end).reason).toBe('remote-hung-up');
});

test('what the provider knows of a call is looked up, during it and afterwards', async () => {
  const stage = bench();
  stage.carrier.setPhone(CALLED, { does: 'busy' });
  const call = await dial(stage);
  await expect(call.lookUp()).rejects.toThrow('not told its id');
  await stage.clock.advance(100);
  expect(await call.lookUp()).toMatchObject({ progress: 'ringing' });
  await stage.clock.advance(1_000);
  expect(call.endInfo?.reason).toBe('busy');
  expect(await call.lookUp()).toMatchObject({ progress: 'busy' });
});

test('what is played in while a caller is on hold is looped, at any rate and length', async () => {
  const stage = bench();
  const call = await dial(stage);
  await stage.clock.advance(1_000);
  const heard: number[] = [];
  stage.carrier.dialled[0]!.onHeard(({ samples }) => heard.push(...samples));
  const sound = { samples: new Int16Array(8000 * 0.05).fill(1_000), sampleRate: 8000 } as const;
  await call.hold({ sound });
  await call.hold();
  await stage.clock.advance(500);
  expect(heard.slice(-3_200).every((sample) => Math.abs(sample - 1_000) < 60)).toBe(true);
  await expect(
    call.resume().then(() => call.hold({ sound: { samples: new Int16Array(), sampleRate: 8000 } })),
  ).rejects.toThrow(RangeError);
});
