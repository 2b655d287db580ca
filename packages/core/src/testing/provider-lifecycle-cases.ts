import assert from 'node:assert/strict';
import type { ProviderCase } from './provider-case.ts';

/** How calls end, and what holds for many of them. */
export const lifecycleCases: readonly ProviderCase[] = [
  {
    name: 'when the caller hangs up, the call ends with that reason and the agent leaves',
    async check(stage) {
      const { caller, session } = await stage.connect();
      caller.hangUp();
      assert.equal((await stage.ended(session.call)).reason, 'remote-hung-up');
      assert.equal((await stage.callerEnded(caller)).by, 'caller');
      assert.ok(session.isClosed, 'the agent has left when the call has ended');
    },
  },
  {
    name: 'when we hang up, the caller’s line ends',
    async check(stage) {
      const { caller, session } = await stage.connect();
      const end = await stage.time.settled(session.call.hangUp(), 'we have hung up');
      assert.equal(end.reason, 'hung-up');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
      assert.deepEqual(caller.announcements, []);
      assert.deepEqual(stage.errors, []);
    },
  },
  {
    name: 'both sides may hang up at once',
    async check(stage) {
      const { caller, session } = await stage.connect();
      caller.hangUp();
      const { reason } = await stage.time.settled(session.call.hangUp(), 'the call has ended');
      assert.ok(['hung-up', 'remote-hung-up'].includes(reason), `not ${reason}`);
      await stage.callerEnded(caller);
      assert.deepEqual(stage.errors, [], 'a call that is gone counts as hung up');
    },
  },
  {
    name: 'a call that the provider reports twice has one agent, and is answered',
    options: { repeatsReports: true, agent: { prepareMs: 300 } },
    async check(stage) {
      const call = await stage.connect();
      await stage.expectAudioBothWays(call);
      assert.equal(stage.agent.joins, 1);
      assert.equal(stage.calls.length, 1);
      call.caller.hangUp();
      assert.equal((await stage.ended(call.session.call)).reason, 'remote-hung-up');
    },
  },
  {
    name: 'a call ends when it has lasted as long as calls may',
    options: { limits: { maxCallDurationMs: 1_000 } },
    async check(stage) {
      const { caller, session } = await stage.connect();
      assert.equal((await stage.ended(session.call)).reason, 'max-duration-reached');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
    },
  },
  {
    name: 'a call beyond the limit of calls at once is declined, and the others go on',
    options: { limits: { maxConcurrentCalls: 1 } },
    async check(stage) {
      const first = await stage.connect();
      const second = await stage.placeCall();
      assert.equal((await stage.callerEnded(second.caller)).by, 'rejected');
      await stage.expectAudioBothWays(first);
      first.caller.hangUp();
      await stage.ended(first.session.call);
      const third = await stage.connect();
      third.caller.hangUp();
      assert.equal(stage.agent.joins, 2);
    },
  },
  {
    name: 'draining refuses new calls and lets live ones finish',
    async check(stage) {
      const first = await stage.connect();
      let isDrained = false;
      const drained = stage.phone.drain().then(() => (isDrained = true));
      const second = await stage.placeCall();
      assert.equal((await stage.callerEnded(second.caller)).by, 'rejected');
      await stage.expectAudioBothWays(first);
      assert.equal(isDrained, false);
      first.caller.hangUp();
      await stage.time.settled(drained, 'the phone is drained');
      assert.equal(stage.agent.joins, 1);
    },
  },
  {
    name: 'closing the phone ends live calls as a shutdown',
    async check(stage) {
      const { caller, session } = await stage.connect();
      await stage.time.settled(stage.phone.close(), 'the phone is closed');
      assert.equal(session.call.endInfo?.reason, 'shutdown');
      assert.equal((await stage.callerEnded(caller)).by, 'server');
    },
  },
  {
    name: 'ten calls at once are kept apart, and leave nothing behind',
    async check(stage) {
      const calls = [];
      for (let index = 0; index < 10; index++) calls.push(await stage.placeCall());
      for (const [index, { caller, ear }] of calls.entries()) {
        const session = await stage.sessionOf(caller);
        const frequencyHz = 600 + 170 * index;
        session.speak(frequencyHz, 60_000);
        await stage.time.until(() => ear.hears(frequencyHz), 'each caller hears its own agent');
      }
      for (const [index, { caller, ear }] of calls.entries()) {
        assert.ok(ear.hears(600 + 170 * index), 'and goes on to hear it');
        if (index % 2 === 0) caller.hangUp();
        else void (await stage.sessionOf(caller)).call.hangUp();
      }
      for (const { caller } of calls) await stage.callerEnded(caller);
      assert.equal(stage.agent.joins, 10);
    },
  },
];
