import assert from 'node:assert/strict';
import type { CallEndReason } from '../calls/call-end.ts';
import type { CallOutcome } from '../calls/call-outcome.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import { DialRefusedError } from '../errors.ts';
import type { ProviderCase } from './provider-case.ts';
import type { StatusReports } from './provider-stage.ts';
import { AGENT_TONE_HZ, DIALLED_NUMBER, OTHER_TONE_HZ, OWN_NUMBER } from './provider-stage.ts';
import type { SimulatedCallEnd, SimulatedPhone } from './simulated-carrier.ts';

/** Short, so that cases in real time are not long. */
const RING_MS = 1_500;
const STATUS_GRACE_MS = 1_000;

/** The events of a call that tell how it goes, from now on. */
function watchStatus(call: PhoneCall): string[] {
  const seen: string[] = [];
  for (const name of ['call-ringing', 'call-answered', 'call-ended'] as const) {
    call.on(name, () => seen.push(name));
  }
  return seen;
}

/** That each comes at most once, and in the order in which it happens. */
function assertOrdered(seen: readonly string[]): void {
  const order = ['call-ringing', 'call-answered', 'call-ended'];
  const positions = seen.map((name) => order.indexOf(name));
  assert.deepEqual(positions, [...new Set(positions)].sort(), `not in order: ${seen.join(', ')}`);
}

interface Unanswered {
  readonly phone: SimulatedPhone;
  readonly outcome: CallOutcome;
  readonly reason: CallEndReason;
  readonly by: SimulatedCallEnd['by'];
}

const UNANSWERED: Readonly<Record<string, Unanswered>> = {
  'a busy phone': { phone: { does: 'busy' }, outcome: 'busy', reason: 'busy', by: 'rejected' },
  'a call that is declined': {
    phone: { does: 'reject' },
    outcome: 'rejected',
    reason: 'rejected',
    by: 'rejected',
  },
  'a phone that nobody answers': {
    phone: { does: 'ring' },
    outcome: 'no-answer',
    reason: 'no-answer',
    by: 'unanswered',
  },
  'a number that cannot be reached': {
    phone: { does: 'fail' },
    outcome: 'failed',
    reason: 'failed',
    by: 'failed',
  },
};

const REPORTS: Readonly<Record<StatusReports, string>> = {
  'in-order': '',
  lost: ', with all reports lost',
  doubled: ', with all reports doubled',
  reordered: ', with reports out of order',
};

function unansweredCase(name: string, expected: Unanswered, reports: StatusReports): ProviderCase {
  return {
    name: `${name} gives the outcome ${expected.outcome}${REPORTS[reports]}`,
    options: { statusReports: reports, statusGraceMs: STATUS_GRACE_MS },
    async check(stage) {
      const { call, caller } = await stage.dial(expected.phone, { timeoutMs: RING_MS });
      const seen = watchStatus(call);
      const { outcome } = await stage.answered(call);
      const end = await stage.ended(call);
      // Not all carriers keep in their records which of both it was.
      const isRecordedAsBusy = reports === 'lost' && outcome === 'busy';
      if (expected.outcome !== 'rejected' || !isRecordedAsBusy) {
        assert.equal(outcome, expected.outcome);
        assert.equal(end.reason, expected.reason);
      }
      assert.equal(end.durationMs, 0);
      // Where the carrier rings for longer than it was asked to, the call is given up by us.
      const { by } = await stage.callerEnded(caller);
      if (expected.outcome !== 'no-answer' || by !== 'server') assert.equal(by, expected.by);
      assertOrdered(seen);
      assert.equal(stage.carrier.dialled!.length, 1);
    },
  };
}

function answeredCase(reports: StatusReports): ProviderCase {
  return {
    name: `who was called and the agent hear each other${REPORTS[reports]}`,
    options: { statusReports: reports, statusGraceMs: STATUS_GRACE_MS },
    async check(stage) {
      const dialled = await stage.connectDialled();
      const { call, caller } = dialled;
      const seen = watchStatus(call);
      assert.equal(dialled.session.call, call);
      assert.equal(call.direction, 'outbound');
      assert.equal((await stage.answered(call)).outcome, 'answered');
      await stage.expectAudioBothWays(dialled);
      caller.hangUp();
      const end = await stage.ended(call);
      assert.equal(end.reason, 'remote-hung-up');
      assert.ok(end.durationMs > 0, 'it lasted for a while');
      assertOrdered(seen);
      assert.equal(stage.agent.joins, 1);
    },
  };
}

const ALL_REPORTS = Object.keys(REPORTS) as StatusReports[];

/** Calls that our server places. */
export const outboundCases: readonly ProviderCase[] = [
  ...ALL_REPORTS.map(answeredCase),
  ...ALL_REPORTS.flatMap((reports) =>
    Object.entries(UNANSWERED).map(([name, expected]) => unansweredCase(name, expected, reports)),
  ),
  {
    name: 'a call that we give up while it rings stops ringing',
    async check(stage) {
      const { call, caller } = await stage.dial({ does: 'ring' });
      await stage.time.until(() => call.state === 'ringing', 'it rings');
      const end = await stage.time.settled(call.hangUp(), 'we have given up');
      assert.equal(end.reason, 'hung-up');
      assert.equal((await stage.answered(call)).outcome, 'canceled');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(stage.errors, []);
    },
  },
  {
    name: 'a call that was answered is hung up by us',
    async check(stage) {
      const { call, caller } = await stage.connectDialled();
      assert.equal((await stage.time.settled(call.hangUp(), 'we hang up')).reason, 'hung-up');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(stage.errors, []);
    },
  },
  {
    name: 'a call ends when it has lasted as long as it was to last',
    async check(stage) {
      const { call, caller } = await stage.connectDialled({ maxDurationMs: 1_000 });
      assert.equal((await stage.ended(call)).reason, 'max-duration-reached');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
    },
  },
  {
    name: 'a request that the carrier refuses fails, and leaves nothing',
    async check(stage) {
      stage.carrier.setPhone!(DIALLED_NUMBER, { does: 'refuse' });
      const call = await stage.phone.dial({ to: DIALLED_NUMBER, from: OWN_NUMBER });
      assert.equal((await stage.answered(call)).outcome, 'failed');
      const end = await stage.ended(call);
      assert.equal(end.reason, 'failed');
      assert.ok(end.providerCause, 'the provider’s code is told');
      assert.equal(stage.carrier.dialled!.length, 0);
    },
  },
  {
    name: 'a request whose answer is lost rings one phone, and the call is talked on',
    options: { losesDialReplies: true },
    async check(stage) {
      const dialled = await stage.connectDialled();
      await stage.expectAudioBothWays(dialled);
      assert.equal(stage.carrier.dialled!.length, 1);
      const { call, caller } = dialled;
      await stage.time.settled(call.hangUp(), 'we hang up');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.equal(stage.carrier.dialled!.length, 1);
    },
  },
  {
    name: 'a request whose answer and reports are lost is looked for, and ends as it should',
    options: { losesDialReplies: true, statusReports: 'lost', statusGraceMs: STATUS_GRACE_MS },
    async check(stage) {
      const { call } = await stage.dial({ does: 'busy' }, { timeoutMs: RING_MS });
      assert.equal((await stage.answered(call)).outcome, 'busy');
      assert.equal(stage.carrier.dialled!.length, 1);
    },
  },
  {
    name: 'a call that ends while it is being placed does not go on ringing',
    options: { losesDialReplies: true, statusGraceMs: STATUS_GRACE_MS },
    async check(stage) {
      const { call, caller } = await stage.dial({ does: 'ring' }, { timeoutMs: 20_000 });
      void call.hangUp();
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.equal((await stage.ended(call)).reason, 'hung-up');
    },
  },
  {
    name: 'an answering machine that is not to be talked to is hung up on',
    async check(stage) {
      const { call, caller } = await stage.dial({ does: 'machine' }, { onMachine: 'hang-up' });
      assert.equal((await stage.answered(call)).outcome, 'machine');
      assert.equal((await stage.ended(call)).reason, 'machine-answered');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
    },
  },
  {
    name: 'an answering machine is left a message after its beep, which it hears whole',
    async check(stage) {
      const { call, caller, ear } = await stage.dial(
        { does: 'machine', greetingMs: 1_500 },
        { onMachine: 'leave-message', message: `${OTHER_TONE_HZ} 1200` },
      );
      const session = await stage.sessionOf(caller);
      // What a machine must not record: the agent takes its greeting for a person's.
      session.speak(AGENT_TONE_HZ, 30_000);
      let playedMs: number | undefined;
      call.on('machine-detected', () => (playedMs ??= caller.playedMs));
      assert.equal((await stage.answered(call)).outcome, 'machine');
      await stage.time.until(() => ear.hears(OTHER_TONE_HZ), 'the message is heard');
      assert.equal((await stage.ended(call)).reason, 'machine-answered');
      await stage.callerEnded(caller);
      const heardMs = caller.playedMs - playedMs!;
      assert.ok(heardMs >= 1_140, `only ${heardMs} ms of the message's 1,200 were heard`);
    },
  },
  {
    name: 'an answering machine may be talked to, and a person is told from it',
    async check(stage) {
      const first = await stage.dial({ does: 'machine' }, { onMachine: 'continue' });
      assert.equal((await stage.answered(first.call)).outcome, 'machine');
      const session = await stage.sessionOf(first.caller);
      session.speak(AGENT_TONE_HZ, 10_000);
      await stage.time.until(() => first.ear.hears(AGENT_TONE_HZ), 'the machine hears the agent');
      first.caller.hangUp();
      await stage.ended(first.call);
      const second = await stage.dial({ does: 'answer' }, { onMachine: 'hang-up' });
      assert.equal((await stage.answered(second.call)).outcome, 'answered');
      assert.equal(second.call.endInfo, undefined);
      second.caller.hangUp();
    },
  },
  {
    name: 'draining refuses to dial while live calls finish',
    async check(stage) {
      const dialled = await stage.connectDialled();
      const drained = stage.phone.drain();
      await assert.rejects(
        stage.phone.dial({ to: DIALLED_NUMBER, from: OWN_NUMBER }),
        (error) => error instanceof DialRefusedError && error.rule === 'draining',
      );
      await stage.expectAudioBothWays(dialled);
      dialled.caller.hangUp();
      await stage.time.settled(drained, 'the phone is drained');
      assert.equal(stage.carrier.dialled!.length, 1);
    },
  },
  {
    name: 'a goodbye is heard whole before we hang up',
    async check(stage) {
      const { call, caller, session } = await stage.connectDialled();
      session.speak(AGENT_TONE_HZ, 2_000);
      const end = call.hangUp({ afterPlayout: true, reason: 'agent-hung-up' });
      assert.equal((await stage.time.settled(end, 'we hang up')).reason, 'agent-hung-up');
      await stage.callerEnded(caller);
      assert.ok(caller.playedMs >= 1_940, `only ${caller.playedMs} ms of 2,000 were heard`);
    },
  },
  {
    name: 'on hold the caller hears the hold sound alone, and afterwards the agent again',
    async check(stage) {
      const dialled = await stage.connectDialled();
      const { call, caller, ear, session } = dialled;
      session.speak(AGENT_TONE_HZ, 60_000);
      await stage.time.until(() => ear.hears(AGENT_TONE_HZ), 'the agent is heard');
      await stage.time.settled(call.hold(), 'the caller is on hold');
      await stage.time.until(() => !ear.hears(AGENT_TONE_HZ), 'the agent is silenced');
      session.ear.forget();
      const playedMs = caller.playedMs;
      await stage.time.until(() => caller.playedMs - playedMs > 400, 'the hold sound plays');
      assert.equal(ear.hears(AGENT_TONE_HZ), false);
      await stage.time.settled(call.resume(), 'the caller is back');
      await stage.expectAudioBothWays(dialled);
      caller.hangUp();
    },
  },
];
