import assert from 'node:assert/strict';
import type { ProviderCase } from './provider-case.ts';
import { APOLOGY } from './provider-stage.ts';

/** What becomes of a call before anybody speaks. */
export const answerCases: readonly ProviderCase[] = [
  {
    name: 'a call that is declined as busy is never answered',
    options: { answer: () => ({ reject: 'busy' }) },
    async check(stage) {
      const { caller } = await stage.placeCall();
      assert.equal((await stage.callerEnded(caller)).by, 'rejected');
      assert.equal(await caller.connected, false);
      assert.equal(stage.agent.joins, 0);
      assert.equal((await stage.ended(stage.calls[0]!)).reason, 'rejected');
    },
  },
  {
    name: 'a call that is announced to hears the sentence, and is hung up',
    options: { answer: () => ({ announce: 'We are closed today.' }) },
    async check(stage) {
      const { caller } = await stage.placeCall();
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(caller.announcements, ['We are closed today.']);
      assert.equal(stage.agent.joins, 0);
    },
  },
  {
    name: 'a sentence with characters of any kind is announced as it is',
    options: { answer: () => ({ announce: 'Ö & "ü" <b>\'é\'</b> 100 % 日本' }) },
    async check(stage) {
      const { caller } = await stage.placeCall();
      await stage.callerEnded(caller);
      assert.deepEqual(caller.announcements, ['Ö & "ü" <b>\'é\'</b> 100 % 日本']);
    },
  },
  {
    name: 'a call that is forwarded goes to that number',
    options: { answer: () => ({ forwardTo: '+15005550099' }) },
    async check(stage) {
      const { caller } = await stage.placeCall();
      const { by, detail } = await stage.callerEnded(caller);
      assert.equal(by, 'forwarded');
      assert.match(detail ?? '', /15005550099/);
      assert.equal((await stage.ended(stage.calls[0]!)).reason, 'forwarded');
    },
  },
  {
    name: 'who calls whom is told to the answer function',
    options: {
      answer: (call) => ({
        announce: `${call.direction} ${call.from} ${call.to} ${call.provider}`,
      }),
    },
    async check(stage) {
      const { caller } = await stage.placeCall({ from: '+15005550010', to: '+15005550020' });
      await stage.callerEnded(caller);
      assert.deepEqual(caller.announcements, [
        `inbound +15005550010 +15005550020 ${stage.carrier.provider}`,
      ]);
    },
  },
  {
    name: 'an answer function that fails gives the caller an apology, not silence',
    options: {
      answer: () => {
        throw new Error('the answer function failed');
      },
    },
    async check(stage) {
      const { caller } = await stage.placeCall();
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(caller.announcements, [APOLOGY]);
      const end = await stage.ended(stage.calls[0]!);
      assert.equal(end.reason, 'prepare-failed');
      assert.ok(stage.errors.length > 0, 'the fault is told to onError');
    },
  },
  {
    name: 'an agent that cannot be prepared gives the caller an apology, while it rings',
    options: { agent: { failure: new Error('the agent has no model') } },
    async check(stage) {
      const { caller } = await stage.placeCall();
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(caller.announcements, [APOLOGY]);
      assert.equal((await stage.ended(stage.calls[0]!)).reason, 'prepare-failed');
    },
  },
  {
    name: 'an agent that cannot be prepared gives the caller an apology, after the call was answered',
    options: {
      agent: { failure: new Error('the agent has no model'), prepareMs: 1_000 },
      ringUntilPreparedMs: 0,
    },
    async check(stage) {
      const { caller } = await stage.placeCall();
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(caller.announcements, [APOLOGY]);
      assert.equal((await stage.ended(stage.calls[0]!)).reason, 'prepare-failed');
    },
  },
  {
    name: 'a handler of the bare audio that fails gives the caller an apology',
    options: {
      answer: {
        handleMedia: () => Promise.reject(new Error('the handler failed')),
      },
    },
    async check(stage) {
      const { caller } = await stage.placeCall();
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(caller.announcements, [APOLOGY]);
      assert.equal((await stage.ended(stage.calls[0]!)).reason, 'agent-failed');
    },
  },
  {
    name: 'a caller who gives up while it rings leaves nothing behind',
    options: { agent: { prepareMs: 1_500 } },
    async check(stage) {
      const { caller } = await stage.placeCall();
      await stage.time.until(() => stage.agent.joins === 1, 'the agent prepares');
      caller.hangUp();
      assert.equal((await stage.callerEnded(caller)).by, 'caller');
      const { reason } = await stage.ended(stage.calls[0]!);
      assert.ok(['canceled', 'remote-hung-up', 'no-answer'].includes(reason), `not ${reason}`);
    },
  },
];
