import assert from 'node:assert/strict';
import type { ProviderCase } from './provider-case.ts';
import { AGENT_TONE_HZ, CALLER_TONE_HZ, OTHER_TONE_HZ } from './provider-stage.ts';
import { toneSamples } from './tone.ts';

/** What is told of playback must be this near to what was really played. */
const HEARD_TOLERANCE_MS = 60;
/** An interruption is tried when the carrier holds at least so much; half of it must be dropped. */
const MIN_BUFFERED_MS = 80;

/** What is spoken, heard and pressed in a call. */
export const mediaCases: readonly ProviderCase[] = [
  {
    name: 'a call is answered, and caller and agent hear each other',
    async check(stage) {
      const call = await stage.connect();
      await stage.expectAudioBothWays(call);
      assert.equal(call.session.call.state, 'streaming');
      assert.equal((await call.session.call.answered).outcome, 'answered');
      call.caller.hangUp();
    },
  },
  {
    name: 'the agent’s words are heard whole, and the call waits for them',
    async check(stage) {
      const { caller, session } = await stage.connect();
      session.speak(AGENT_TONE_HZ, 1_000);
      await stage.time.until(
        () => session.phone!.bridge.pendingMs('agent') > 0,
        'the first of it has come to the phone',
      );
      await stage.time.until(
        () =>
          session.phone!.bridge.heardMs('agent') + session.phone!.bridge.pendingMs('agent') >=
          1_000,
        'all of it has come to the phone',
      );
      await stage.time.settled(session.phone!.bridge.whenHeard('agent'), 'all of it was heard');
      assert.equal(session.phone!.bridge.heardMs('agent'), 1_000);
      assert.ok(caller.playedMs >= 1_000 - HEARD_TOLERANCE_MS, `only ${caller.playedMs} ms played`);
      caller.hangUp();
    },
  },
  {
    name: 'what the caller says while the agent prepares is kept for it',
    options: { agent: { prepareMs: 1_500 }, ringUntilPreparedMs: 0 },
    async check(stage) {
      const { caller } = await stage.placeCall();
      await stage.time.settled(caller.connected, 'the call is connected');
      void caller.speak(toneSamples(CALLER_TONE_HZ, caller.sampleRate, 4_000));
      const session = await stage.sessionOf(caller);
      assert.ok(session.earlyEar.hears(CALLER_TONE_HZ), 'the agent is given the first words');
      await stage.time.until(() => session.ear.hears(CALLER_TONE_HZ), 'and hears the rest live');
      caller.hangUp();
    },
  },
  {
    name: 'keys that are pressed are told, in their order',
    async check(stage) {
      const { caller, session } = await stage.connect();
      const digits: string[] = [];
      session.call.on('digit-received', ({ digit }) => digits.push(digit));
      caller.press('1290*#');
      await stage.time.until(() => digits.length >= 6, 'all keys have come');
      assert.equal(digits.join(''), '1290*#');
      caller.hangUp();
    },
  },
  {
    name: 'an interruption empties the carrier’s buffer, and tells what was heard',
    async check(stage) {
      const { caller, ear, session } = await stage.connect();
      session.speak(AGENT_TONE_HZ, 10_000);
      await stage.time.until(
        () => caller.playedMs >= 800 && caller.bufferedMs >= MIN_BUFFERED_MS,
        'the agent is heard, and the carrier holds more of it',
      );
      session.stopSpeaking();
      const { bufferedMs, playedMs } = caller;
      const { heardMs, discardedMs } = session.phone!.bridge.interrupt('agent');
      assert.ok(
        Math.abs(heardMs - playedMs) <= HEARD_TOLERANCE_MS,
        `${heardMs} ms are said to be heard, ${playedMs} ms were played`,
      );
      assert.ok(discardedMs > 0, 'what was not heard is counted');
      await stage.time.pass(500);
      assert.equal(caller.bufferedMs, 0, 'the carrier holds nothing any more');
      // A frame that is being played may be played to its end, and a message takes its time.
      const droppedMs = bufferedMs - (caller.playedMs - playedMs);
      assert.ok(
        droppedMs >= MIN_BUFFERED_MS / 2,
        `of ${bufferedMs} ms that the carrier held, it dropped ${droppedMs} ms only`,
      );
      assert.ok(!ear.hears(AGENT_TONE_HZ), 'the caller hears silence');
      session.speak(OTHER_TONE_HZ, 3_000);
      await stage.time.until(() => ear.hears(OTHER_TONE_HZ), 'the next words are heard');
      caller.hangUp();
    },
  },
  {
    name: 'a call whose media is lost goes on over another stream',
    needs: 'restoresMedia',
    async check(stage) {
      const call = await stage.connect();
      await stage.expectAudioBothWays(call);
      const states = stage.watchStates(call.session.call);
      call.caller.dropMedia();
      await stage.time.until(
        () => states.join(' ').endsWith('reconnecting streaming'),
        'the stream is lost, and another one starts',
      );
      await stage.expectAudioBothWays(call);
      assert.equal(stage.agent.joins, 1, 'the agent stays');
      assert.equal(stage.calls.length, 1);
      call.caller.hangUp();
      assert.equal((await stage.ended(call.session.call)).reason, 'remote-hung-up');
    },
  },
  {
    name: 'a call whose media is lost for good ends',
    needs: 'losesMedia',
    options: { mediaReconnectTimeoutMs: 1_000 },
    async check(stage) {
      const { caller, session } = await stage.connect();
      caller.dropMedia();
      const { reason } = await stage.time.settled(session.call.ended, 'the call has ended');
      assert.ok(['media-lost', 'remote-hung-up'].includes(reason), `not ${reason}`);
    },
  },
];
