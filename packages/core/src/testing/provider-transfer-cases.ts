import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWav } from '../audio/wav.ts';
import type { CallRecording, TransferResult } from '../calls/call-control.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { ProviderCase } from './provider-case.ts';
import type { ProviderStage, StagedCall } from './provider-stage.ts';
import { AGENT_TONE_HZ, CALLER_TONE_HZ, OTHER_TONE_HZ } from './provider-stage.ts';
import type { ProbeSession } from './probe-agent.ts';
import type { SimulatedPhone } from './simulated-carrier.ts';
import { ToneEar, toneSamples, toneShare } from './tone.ts';

const SALES = '+15005550040';
const TARGET_TONE_HZ = 880;
const ANNOUNCEMENT = `${OTHER_TONE_HZ} 60000`;
const OPTIONS = { destinations: { sales: SALES }, statusGraceMs: 1_000 } as const;

interface Transfer {
  readonly caller: StagedCall & { readonly session: ProbeSession };
  readonly call: PhoneCall;
  readonly target: StagedCall;
  /** Our side of the call to the target. */
  readonly targetCall: PhoneCall;
  readonly result: Promise<TransferResult>;
}

/** A caller who talks with the agent is to be put through, and the target’s phone is being called. */
async function beginTransfer(stage: ProviderStage, phone: SimulatedPhone): Promise<Transfer> {
  const { carrier, time } = stage;
  assert.ok(carrier.setPhone && carrier.dialled, 'The carrier takes no calls.');
  const caller = await stage.connect();
  const { call } = caller.session;
  carrier.setPhone(SALES, phone);
  const result = call.transfer('sales', { announcement: ANNOUNCEMENT, timeoutMs: 1_500 });
  let isRefused = false;
  result.catch(() => (isRefused = true));
  await time.until(() => carrier.dialled!.length > 0 || isRefused, 'the target is called');
  if (isRefused) await result;
  const ear = new ToneEar();
  const target = { caller: carrier.dialled[0]!, ear };
  target.caller.onHeard((frame) => ear.hear(frame));
  return { caller, call, target, targetCall: stage.calls[1]!, result };
}

/** The target has picked up and hears the announcement; the caller hears something else. */
async function announce(stage: ProviderStage): Promise<Transfer> {
  const transfer = await beginTransfer(stage, { does: 'answer' });
  const { caller, target } = transfer;
  await stage.time.until(
    () => target.ear.hears(OTHER_TONE_HZ),
    'the target hears what it is about',
  );
  await stage.time.until(() => caller.ear.level > 100, 'the caller hears the hold sound');
  assert.equal(caller.ear.hears(OTHER_TONE_HZ), false);
  return transfer;
}

async function expectCallerBack(
  stage: ProviderStage,
  { caller, call, target }: Transfer,
): Promise<void> {
  await stage.expectAudioBothWays(caller);
  assert.equal(call.endInfo, undefined);
  caller.caller.hangUp();
  await stage.ended(call);
  // The caller heard nobody but the agent, and the target nothing but what it was told.
  assert.deepEqual(recordedTones(caller) ?? [AGENT_TONE_HZ], [AGENT_TONE_HZ]);
  const told = recordedTones(target) ?? [];
  assert.ok(
    told.length === 0 || (told.length === 1 && told[0] === OTHER_TONE_HZ),
    `${told.join(', ')} Hz`,
  );
}

/** Both hear each other, and neither of them hears an agent. */
async function expectConnected(stage: ProviderStage, { caller, target }: Transfer): Promise<void> {
  void caller.caller.speak(toneSamples(CALLER_TONE_HZ, caller.caller.sampleRate, 20_000));
  void target.caller.speak(toneSamples(TARGET_TONE_HZ, target.caller.sampleRate, 20_000));
  await stage.time.until(
    () => target.ear.hears(CALLER_TONE_HZ) && caller.ear.hears(TARGET_TONE_HZ),
    'caller and target hear each other',
  );
}

function unansweredCase(
  what: string,
  phone: SimulatedPhone,
  outcome: TransferResult['outcome'],
): ProviderCase {
  return {
    name: `a warm transfer to ${what} brings the caller back to the agent`,
    options: OPTIONS,
    async check(stage) {
      const transfer = await beginTransfer(stage, phone);
      const result = await stage.time.settled(transfer.result, 'the transfer is over');
      assert.equal(result.outcome, outcome);
      await stage.ended(transfer.targetCall);
      await expectCallerBack(stage, transfer);
    },
  };
}

const TONES_HZ = [AGENT_TONE_HZ, CALLER_TONE_HZ, OTHER_TONE_HZ, TARGET_TONE_HZ];

/** The tones that a phone has heard, by its recording, each as often as it began; undefined where there is none. */
function recordedTones({ caller }: StagedCall): number[] | undefined {
  const wav = caller.recording?.();
  if (!wav || wav.length === 0) return undefined;
  const { channels, sampleRate } = decodeWav(wav);
  return tonesIn(channels[1]!, sampleRate);
}

/** The tones in a sound, by stretches of 100 ms that hold little else: a busy machine tears holes into them. */
function tonesIn(heard: Int16Array, sampleRate: number): number[] {
  const tones: number[] = [];
  const window = sampleRate / 10;
  for (let at = 0; at + window <= heard.length; at += window / 5) {
    const samples = heard.subarray(at, at + window);
    const tone = TONES_HZ.find((hz) => toneShare(samples, sampleRate as 8000, hz) > 0.6);
    const isLoud = samples.some((sample) => Math.abs(sample) > 2_000);
    if (tone !== undefined && isLoud && tones.at(-1) !== tone) tones.push(tone);
  }
  return tones;
}

async function inTemporaryFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phone-agents-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is done to a live call: keys, recordings, transfers. */
export const transferCases: readonly ProviderCase[] = [
  {
    name: 'a warm transfer that is accepted connects caller and target, without us',
    options: OPTIONS,
    async check(stage) {
      const transfer = await announce(stage);
      const { call, caller, result, target, targetCall } = transfer;
      target.caller.press('1');
      const { outcome } = await stage.time.settled(result, 'the caller is put through');
      assert.equal(outcome, 'transferred');
      assert.equal((await stage.ended(call)).reason, 'transferred');
      assert.equal((await stage.ended(targetCall)).reason, 'transferred');
      assert.ok(caller.session.isClosed, 'the agent has left');
      await expectConnected(stage, transfer);
      caller.caller.hangUp();
      await stage.callerEnded(caller.caller);
      assert.equal((await stage.callerEnded(target.caller)).by, 'server');
      assert.deepEqual(recordedTones(caller) ?? [TARGET_TONE_HZ], [TARGET_TONE_HZ]);
      const told = [OTHER_TONE_HZ, CALLER_TONE_HZ];
      assert.deepEqual(recordedTones(target) ?? told, told);
    },
  },
  {
    name: 'after a warm transfer the caller’s line ends with the target’s',
    options: OPTIONS,
    async check(stage) {
      const transfer = await announce(stage);
      transfer.targetCall.answerTransfer(true);
      await stage.time.settled(transfer.result, 'the caller is put through');
      await expectConnected(stage, transfer);
      transfer.target.caller.hangUp();
      assert.equal((await stage.callerEnded(transfer.caller.caller)).by, 'server');
    },
  },
  {
    name: 'a warm transfer that is refused brings the caller back to the agent',
    options: OPTIONS,
    async check(stage) {
      const transfer = await announce(stage);
      transfer.target.caller.press('2');
      const { outcome } = await stage.time.settled(transfer.result, 'the transfer is over');
      assert.equal(outcome, 'refused');
      assert.equal((await stage.callerEnded(transfer.target.caller)).by, 'server');
      await expectCallerBack(stage, transfer);
    },
  },
  unansweredCase('a busy phone', { does: 'busy' }, 'busy'),
  unansweredCase('somebody who declines the call', { does: 'reject' }, 'rejected'),
  unansweredCase('a phone that nobody answers', { does: 'ring' }, 'no-answer'),
  unansweredCase('a number that cannot be reached', { does: 'fail' }, 'failed'),
  {
    name: 'a target that hangs up during a warm transfer brings the caller back',
    options: OPTIONS,
    async check(stage) {
      const transfer = await announce(stage);
      transfer.target.caller.hangUp();
      const { outcome } = await stage.time.settled(transfer.result, 'the transfer is over');
      assert.equal(outcome, 'refused');
      await expectCallerBack(stage, transfer);
    },
  },
  {
    name: 'a target that does not decide in a warm transfer counts as refusing',
    options: OPTIONS,
    async check(stage) {
      stage.carrier.setPhone!(SALES, { does: 'answer' });
      const caller = await stage.connect();
      const { call } = caller.session;
      const result = call.transfer('sales', {
        announcement: ANNOUNCEMENT,
        decisionTimeoutMs: 600,
      });
      assert.equal((await stage.time.settled(result, 'the transfer is over')).outcome, 'refused');
      await stage.expectAudioBothWays(caller);
      caller.caller.hangUp();
    },
  },
  {
    name: 'a caller who hangs up while the target rings stops its ringing',
    options: OPTIONS,
    async check(stage) {
      const transfer = await beginTransfer(stage, { does: 'ring' });
      transfer.caller.caller.hangUp();
      const { outcome } = await stage.time.settled(transfer.result, 'the transfer is over');
      assert.equal(outcome, 'caller-hung-up');
      assert.equal((await stage.callerEnded(transfer.target.caller)).by, 'server');
      assert.equal((await stage.ended(transfer.call)).reason, 'remote-hung-up');
    },
  },
  {
    name: 'a caller who hangs up while the target is told ends the target’s call',
    options: OPTIONS,
    async check(stage) {
      const transfer = await announce(stage);
      transfer.caller.caller.hangUp();
      const { outcome } = await stage.time.settled(transfer.result, 'the transfer is over');
      assert.equal(outcome, 'caller-hung-up');
      assert.equal((await stage.callerEnded(transfer.target.caller)).by, 'server');
    },
  },
  {
    name: 'a cold transfer sends the caller to the number, without us',
    options: OPTIONS,
    async check(stage) {
      const { caller, session } = await stage.connect();
      const transferred = session.call.transfer('sales');
      const { outcome } = await stage.time.settled(transferred, 'the caller is handed over');
      assert.equal(outcome, 'transferred');
      assert.equal((await stage.ended(session.call)).reason, 'transferred');
      const { by, detail } = await stage.callerEnded(caller);
      assert.equal(by, 'forwarded');
      assert.match(detail ?? '', /15005550040/);
    },
  },
  {
    name: 'a transfer to a destination that is not configured, or forbidden, changes nothing',
    options: { ...OPTIONS, outbound: { allowedPrefixes: ['+49'] } },
    async check(stage) {
      const call = await stage.connect();
      const { call: ours } = call.session;
      await assert.rejects(ours.transfer('+15005550041'), { code: 'destination_unknown' });
      await assert.rejects(ours.transfer('constructor'), { code: 'destination_unknown' });
      await assert.rejects(ours.transfer('sales'), { code: 'dial_refused', rule: 'destination' });
      await assert.rejects(ours.transfer('sales', { announcement: ANNOUNCEMENT }), {
        code: 'dial_refused',
      });
      await stage.expectAudioBothWays(call);
      call.caller.hangUp();
    },
  },
  {
    name: 'keys that we send reach the phone, and the call goes on',
    options: OPTIONS,
    async check(stage) {
      const call = await stage.connect();
      const sent = call.session.call.sendDigits('12ww3#');
      await stage.time.settled(sent, 'the provider has taken the keys');
      await stage.time.until(
        () => call.caller.receivedDigits?.replaceAll('w', '') === '123#',
        'the phone has received the keys',
      );
      await stage.time.until(() => call.session.call.state === 'streaming', 'audio is back');
      await stage.expectAudioBothWays(call);
      assert.equal(stage.agent.joins, 1);
      call.caller.hangUp();
      assert.equal((await stage.ended(call.session.call)).reason, 'remote-hung-up');
    },
  },
  {
    name: 'the provider records between start and stop, and tells of the recording',
    async check(stage) {
      const { caller, session } = await stage.connect();
      const recordings: CallRecording[] = [];
      session.call.on('recording-finished', (recording) => recordings.push(recording));
      await stage.time.settled(session.call.startRecording(), 'the recording begins');
      await stage.time.pass(200);
      await stage.time.settled(session.call.stopRecording(), 'the recording ends');
      await stage.time.until(() => recordings.length > 0, 'the recording is told of');
      assert.equal(recordings[0]!.by, 'provider');
      assert.equal(recordings[0]!.status, 'completed');
      assert.ok(recordings[0]!.id);
      caller.hangUp();
    },
  },
  {
    name: 'a local recording has both directions apart, and is whole after the end',
    async check(stage) {
      await inTemporaryFolder(async (folder) => {
        const call = await stage.connect();
        const { call: ours } = call.session;
        const path = join(folder, 'call.wav');
        const finished = new Promise<CallRecording>((resolve) => {
          stage.phone.on('recording-finished', ({ recording }) => resolve(recording));
        });
        // Files take this machine's time, whatever the subject's clock says.
        await ours.startLocalRecording({ path });
        await assert.rejects(ours.startLocalRecording({ path }), { code: 'call_state' });
        void call.caller.speak(toneSamples(CALLER_TONE_HZ, call.caller.sampleRate, 5_000));
        call.session.speak(AGENT_TONE_HZ, 5_000);
        await stage.time.until(
          () => call.ear.hears(AGENT_TONE_HZ) && call.session.ear.hears(CALLER_TONE_HZ),
          'both are heard',
        );
        await stage.time.pass(400);
        call.caller.hangUp();
        await stage.ended(ours);
        const { by, id, status } = await finished;
        assert.deepEqual([by, id, status], ['local', path, 'completed']);
        const { channels, sampleRate } = decodeWav(await readFile(path));
        const [left, right] = channels.map((channel) => tonesIn(channel, sampleRate));
        assert.deepEqual(left, [CALLER_TONE_HZ], 'the caller is on the left');
        assert.deepEqual(right, [AGENT_TONE_HZ], 'the agent is on the right');
      });
    },
  },
];
