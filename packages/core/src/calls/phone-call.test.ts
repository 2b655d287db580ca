import { CallEndedError } from '../errors.ts';
import { TestLogger } from '../testing/test-logger.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { CallEnd } from './call-end.ts';
import { DISPOSER_TIMEOUT_MS } from './call-belongings.ts';
import type { CallState } from './phone-call.ts';
import { PhoneCall } from './phone-call.ts';

function create() {
  const clock = new ManualClock();
  const logger = new TestLogger();
  const call = new PhoneCall({
    id: 'c1',
    provider: 'acme',
    direction: 'inbound',
    from: '+15005550010',
    to: '+15005550020',
    details: { provider: 'acme' },
    clock,
    logger,
  });
  const states: string[] = [];
  call.on('state-changed', ({ from, to }) => states.push(`${from}>${to}`));
  return { call, clock, logger, states };
}

test('the first end decides the reason, and everybody gets the same end', async () => {
  const { call } = create();
  const ends: CallEnd[] = [];
  call.on('call-ended', (end) => ends.push(end));
  const results = await Promise.all([
    call.end('remote-hung-up', { providerCause: 'completed' }),
    call.end('agent-failed', { error: new Error('late') }),
    call.hangUp(),
  ]);
  expect(ends).toHaveLength(1);
  expect(ends[0]).toMatchObject({ reason: 'remote-hung-up', providerCause: 'completed' });
  for (const result of results) expect(result).toBe(ends[0]);
  expect(await call.ended).toBe(ends[0]);
  expect(call.endInfo).toBe(ends[0]);
});

test('the end is visible at once, before anything is disposed of', () => {
  const { call } = create();
  void call.end('hung-up');
  expect(call.state).toBe('ended');
  expect(call.endInfo?.reason).toBe('hung-up');
  expect(call.signal.aborted).toBe(true);
  expect(CallEndedError.isInstance(call.signal.reason)).toBe(true);
});

test('an end within a listener of the end does no harm', async () => {
  const { call } = create();
  let ends = 0;
  call.on('call-ended', () => {
    ends++;
    void call.end('agent-failed');
  });
  expect((await call.end('hung-up')).reason).toBe('hung-up');
  expect(ends).toBe(1);
});

test('the duration counts from the answer, and is 0 without one', async () => {
  const answered = create();
  await answered.clock.advance(5_000);
  answered.call.advance('answered');
  await answered.clock.advance(61_500);
  expect((await answered.call.end('hung-up')).durationMs).toBe(61_500);
  const missed = create();
  await missed.clock.advance(20_000);
  const end = await missed.call.end('no-answer');
  expect(end.durationMs).toBe(0);
  expect(end.endedAtMs).toBe(missed.clock.wallTimeMs());
});

test('what the call owns is disposed of once, told how the call ended', async () => {
  const { call } = create();
  const told: string[] = [];
  call.own((end) => void told.push(`a ${end.reason}`));
  call.own(async ({ reason }) => {
    await Promise.resolve();
    told.push(`b ${reason}`);
  });
  await Promise.all([call.end('hung-up'), call.end('hung-up')]);
  expect(told).toEqual(['a hung-up', 'b hung-up']);
});

test('what was taken back is not disposed of', async () => {
  const { call } = create();
  let disposed = false;
  const takeBack = call.own(() => void (disposed = true));
  takeBack();
  takeBack();
  await call.end('hung-up');
  expect(disposed).toBe(false);
});

test('what comes after the end is disposed of at once', async () => {
  const { call } = create();
  await call.end('hung-up');
  let reason: string | undefined;
  const takeBack = call.own((end) => void (reason = end.reason));
  expect(reason).toBe('hung-up');
  takeBack();
});

test('what comes while the call is wound up is disposed of at once', async () => {
  const { call } = create();
  const late: string[] = [];
  call.own(() => void call.own(() => void late.push('late')));
  const ending = call.end('hung-up');
  expect(late).toEqual(['late']);
  await ending;
  expect(late).toEqual(['late']);
});

test('a disposer that fails keeps nobody from being disposed of, and is logged', async () => {
  const { call, logger } = create();
  let disposed = 0;
  call.own(() => {
    throw new Error('at once');
  });
  call.own(() => Promise.reject(new Error('later')));
  call.own(() => void disposed++);
  await call.end('hung-up');
  expect(disposed).toBe(1);
  const errors = logger.lines.filter(({ level }) => level === 'error');
  expect(errors.map(({ fields }) => (fields['error'] as Error).message)).toEqual([
    'at once',
    'later',
  ]);
});

test('a disposer that hangs is given up after two seconds, with a warning', async () => {
  const { call, clock, logger } = create();
  let ended = false;
  call.own(() => new Promise<void>(() => {}));
  void call.end('hung-up').then(() => (ended = true));
  await clock.advance(DISPOSER_TIMEOUT_MS - 1);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(ended).toBe(true);
  expect(DISPOSER_TIMEOUT_MS).toBe(2_000);
  expect(logger.lines.map(({ level }) => level)).toEqual(['warn']);
});

test('a call that is wound up leaves no timer', async () => {
  const { call, clock } = create();
  call.own(async () => {
    await Promise.resolve();
  });
  await call.end('hung-up');
  await clock.advance(0);
  expect(clock.timerCount).toBe(0);
});

test('the end waits for the slowest of what the call owns', async () => {
  const { call, clock } = create();
  let finish = (): void => {};
  let ended = false;
  call.own(() => new Promise<void>((resolve) => (finish = resolve)));
  void call.ended.then(() => (ended = true));
  void call.end('hung-up');
  await clock.advance(1_000);
  expect(ended).toBe(false);
  finish();
  await clock.advance(0);
  expect(ended).toBe(true);
});

test('a listener that throws stops neither the others nor the end', async () => {
  const { call, logger } = create();
  const heard: string[] = [];
  for (const name of ['state-changed', 'call-ended', 'digit-received'] as const) {
    call.on(name, () => {
      throw new Error(name);
    });
    call.on(name, () => heard.push(name));
  }
  call.receiveDigit('5');
  const end = await call.end('hung-up');
  expect(end.reason).toBe('hung-up');
  expect(heard).toEqual(['digit-received', 'state-changed', 'call-ended']);
  expect(logger.lines).toHaveLength(3);
});

test('states only move forward, but for a media stream that is lost and comes back', () => {
  const { call, states } = create();
  call.advance('reconnecting');
  call.advance('ringing');
  call.advance('ringing');
  call.advance('streaming');
  call.advance('answered');
  call.advance('ringing');
  call.advance('reconnecting');
  call.advance('reconnecting');
  call.advance('answered');
  call.advance('ringing');
  call.advance('streaming');
  void call.end('hung-up');
  call.advance('streaming');
  call.advance('reconnecting');
  expect(states).toEqual([
    'created>ringing',
    'ringing>streaming',
    'streaming>reconnecting',
    'reconnecting>streaming',
    'streaming>ended',
  ]);
});

test.each<CallState>(['created', 'ringing', 'answered', 'streaming', 'reconnecting'])(
  'a call that is %s can end',
  async (state) => {
    const { call } = create();
    if (state === 'reconnecting') call.advance('streaming');
    if (state !== 'created' && state !== 'ended') call.advance(state);
    expect(call.state).toBe(state);
    await call.end('failed');
    expect(call.state).toBe('ended');
  },
);

test('answered and ended always resolve', async () => {
  const answered = create().call;
  answered.advance('answered');
  expect(await answered.answered).toEqual({ outcome: 'answered' });
  await answered.end('hung-up');
  expect(await answered.answered).toEqual({ outcome: 'answered' });
  const connected = create().call;
  connected.advance('streaming');
  expect(await connected.answered).toEqual({ outcome: 'answered' });
  const missed = create().call;
  void missed.end('no-answer');
  expect((await missed.answered).outcome).toBe('no-answer');
  expect((await missed.ended).reason).toBe('no-answer');
});

test('digits are told while the call lasts, and not after', async () => {
  const { call } = create();
  const digits: string[] = [];
  call.on('digit-received', ({ digit }) => digits.push(digit));
  call.receiveDigit('1');
  call.receiveDigit('#');
  await call.end('hung-up');
  call.receiveDigit('2');
  expect(digits).toEqual(['1', '#']);
});

test("the provider's id is set once", () => {
  const { call } = create();
  expect(call.providerCallId).toBeUndefined();
  call.bindProviderCall('A1');
  call.bindProviderCall('A2');
  expect(call.providerCallId).toBe('A1');
});

describe('status events', () => {
  function createOutbound() {
    const clock = new ManualClock();
    const call = new PhoneCall({
      id: 'c1',
      provider: 'acme',
      direction: 'outbound',
      from: '+15005550010',
      to: '+15005550020',
      details: { provider: 'acme' },
      detectsMachines: true,
      clock,
      logger: new TestLogger(),
    });
    const seen: string[] = [];
    call.on('call-ringing', () => seen.push('ringing'));
    call.on('call-answered', () => seen.push('answered'));
    call.on('machine-detected', ({ answeredBy, greetingEnded, beep }) =>
      seen.push(`${answeredBy} ${greetingEnded} ${beep}`),
    );
    call.on('call-ended', ({ reason }) => seen.push(reason));
    return { call, clock, seen };
  }

  test('come once each and in order, however the reports come', async () => {
    const { call, seen } = createOutbound();
    call.advance('answered');
    call.advance('ringing');
    call.advance('answered');
    call.advance('streaming');
    await call.end('remote-hung-up');
    call.advance('answered');
    call.machineDetected({ answeredBy: 'machine', greetingEnded: false });
    expect(seen).toEqual(['answered', 'remote-hung-up']);
  });

  test('a machine that is recognised has picked up, and later reports add to the first', async () => {
    const { call, seen } = createOutbound();
    call.machineDetected({ answeredBy: 'unknown', greetingEnded: false });
    call.machineDetected({ answeredBy: 'machine', greetingEnded: true, beep: true });
    call.machineDetected({ answeredBy: 'machine', greetingEnded: false });
    call.machineDetected({ answeredBy: 'human', greetingEnded: false });
    call.advance('answered');
    expect(seen).toEqual(['answered', 'unknown false undefined', 'machine true true']);
    expect((await call.answered).outcome).toBe('answered');
  });

  test('the end of the greeting may be reported before the machine', async () => {
    const { call, seen } = createOutbound();
    call.machineDetected({ answeredBy: 'machine', greetingEnded: true, beep: false });
    call.machineDetected({ answeredBy: 'machine', greetingEnded: false });
    expect(seen).toEqual(['answered', 'machine true false']);
    expect((await call.answered).outcome).toBe('machine');
  });

  test('with machine detection, the answer waits for the verdict or the end', async () => {
    const { call } = createOutbound();
    let isKnown = false;
    void call.answered.then(() => (isKnown = true));
    call.advance('streaming');
    await Promise.resolve();
    expect(isKnown).toBe(false);
    expect(call.outcome).toBeUndefined();
    await call.end('remote-hung-up');
    expect((await call.answered).outcome).toBe('answered');
    expect(call.outcome).toBe('answered');
  });

  test('an end within the report of the answer is not followed by the answer', () => {
    const { call, seen } = createOutbound();
    call.on('state-changed', ({ to }) => {
      if (to === 'answered') void call.end('hung-up');
    });
    call.advance('answered');
    expect(seen).toEqual(['hung-up']);
  });

  test('the provider’s duration counts where the answer was not seen in time', async () => {
    const { call } = createOutbound();
    expect((await call.end('remote-hung-up', { durationMs: 12_000 })).durationMs).toBe(12_000);
    const other = createOutbound();
    other.call.advance('answered');
    await other.clock.advance(1_500);
    const end = await other.call.end('remote-hung-up', { durationMs: 2_000 });
    expect(end.durationMs).toBe(1_500);
  });
});

test('verbs need a phone that conducts the call, but for the hang-up', async () => {
  const { call } = create();
  await expect(call.sendDigits('1')).rejects.toMatchObject({ code: 'command_unsupported' });
  await expect(call.lookUp()).rejects.toMatchObject({ code: 'command_unsupported' });
  expect((await call.hangUp({ afterPlayout: true, reason: 'agent-hung-up' })).reason).toBe(
    'agent-hung-up',
  );
  await expect(call.hold()).rejects.toThrow(CallEndedError);
});
