import assert from 'node:assert/strict';
import type { SampleRate } from '../audio/audio-frame.ts';
import { samplesPerFrame } from '../audio/audio-frame.ts';
import type { EdgeCall, EdgeTransport } from '../edge/edge.ts';
import { PhoneAgentError } from '../errors.ts';
import type { ConformanceCase, PassTime } from './conformance.ts';
import { SubjectTime } from './conformance.ts';
import { EdgeVoice } from './edge-voice.ts';

/** One edge to be checked, made anew for each case. */
export interface EdgeConformanceSubject {
  readonly edge: EdgeTransport;
  /** Lets time pass; default: real time. */
  readonly passTime?: PassTime | undefined;
  /** Frees everything. */
  close(): Promise<void>;
}

interface Stage {
  readonly edge: EdgeTransport;
  readonly time: SubjectTime;
  readonly call: EdgeCall;
}

const LOW = 440;
const MIDDLE = 1_037;
const HIGH = 2_390;
const RATES: readonly SampleRate[] = [8000, 16000, 24000, 48000];

let callCount = 0;

function callId(): string {
  return `conformance-${process.pid}-${++callCount}`;
}

/** Both speak until `condition` holds. */
function speakUntil(
  { time }: Stage,
  voices: readonly EdgeVoice[],
  condition: () => boolean,
  what: string,
): Promise<void> {
  return time.until(condition, what, {
    onStep: () => {
      for (const voice of voices) voice.speak();
    },
  });
}

async function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(
    PhoneAgentError.isInstance(error),
    `it is refused with a PhoneAgentError, not ${String(error)}`,
  );
  assert.equal(error.code, code);
}

const CASES: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'those who join hear each other, and never themselves': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    await speakUntil(
      stage,
      [a, b],
      () => a.hears(b, MIDDLE) && b.hears(a, LOW),
      'both hear the other one’s tone',
    );
    assert.deepEqual([...a.ears.keys()], ['b']);
    assert.deepEqual([...b.ears.keys()], ['a']);
  },

  'several sources are told apart': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    const c = await EdgeVoice.join(stage.call, 'c', HIGH);
    await speakUntil(
      stage,
      [a, b, c],
      () =>
        a.hears(b, MIDDLE) &&
        a.hears(c, HIGH) &&
        b.hears(a, LOW) &&
        b.hears(c, HIGH) &&
        c.hears(a, LOW) &&
        c.hears(b, MIDDLE),
      'everybody hears the tones of both others, each from its source',
    );
  },

  'each connection gives and takes audio at its own rate': async (stage) => {
    for (const [index, sampleRate] of RATES.entries()) {
      const other = RATES[(index + 1) % RATES.length]!;
      const a = await EdgeVoice.join(stage.call, `a${sampleRate}`, LOW, { sampleRate });
      const b = await EdgeVoice.join(stage.call, `b${sampleRate}`, MIDDLE, { sampleRate: other });
      assert.equal(a.connection.sampleRate, sampleRate);
      await speakUntil(
        stage,
        [a, b],
        () => a.hears(b, MIDDLE) && b.hears(a, LOW),
        `a tone is heard from ${sampleRate} to ${other} Hz and back`,
      );
      await a.connection.leave();
      await b.connection.leave();
    }
  },

  'a frame of another rate or length is refused with a RangeError': async (stage) => {
    const { connection } = await EdgeVoice.join(stage.call, 'a', LOW);
    const good = { samples: new Int16Array(320), sampleRate: 16000, timestampSamples: 0 } as const;
    connection.publish(good);
    for (const bad of [
      { ...good, samples: new Int16Array(319) },
      { ...good, samples: new Int16Array(0) },
      { ...good, samples: new Int16Array(640) },
      { ...good, sampleRate: 8000, samples: new Int16Array(160) } as const,
      { ...good, sampleRate: 48000 } as const,
    ]) {
      assert.throws(() => connection.publish(bad), RangeError);
    }
    connection.publish(good);
  },

  'who comes and goes is told to the others, with id and name': async (stage) => {
    const { time } = stage;
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    assert.equal(a.connection.participants.length, 0);
    const names: (string | undefined)[] = [];
    a.connection.on('participant-joined', ({ name }) => names.push(name));
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    await time.until(() => a.events.length > 0, 'the first learns of the second');
    await time.until(
      () => b.connection.participants.length === 1,
      'the second knows that the first is there',
    );
    assert.deepEqual(a.events, ['joined b']);
    assert.deepEqual(names, ['Voice b']);
    assert.equal(a.connection.participants[0]?.id, 'b');
    assert.equal(b.connection.participants[0]?.id, 'a');
    assert.ok(!b.events.includes('joined b'), 'nobody is told of itself');
    await b.connection.leave();
    await time.until(() => a.events.length > 1, 'the first learns that the second has left');
    assert.deepEqual(a.events, ['joined b', 'left b']);
    assert.equal(a.connection.participants.length, 0);
  },

  'leaving is complete and repeatable': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    await speakUntil(stage, [a, b], () => a.hears(b, MIDDLE), 'they hear each other');
    await Promise.all([a.connection.leave(), a.connection.leave()]);
    await a.connection.leave();
    await stage.time.until(() => b.events.includes('left a'), 'the other one learns of it');
    assert.deepEqual(
      a.events.filter((event) => event.startsWith('closed')),
      ['closed left'],
    );
    assert.equal(a.connection.participants.length, 0);
    const heard = a.ears.get('b')!.frames;
    await stage.time.pass(200);
    const told = b.ears.get('a')?.frames ?? 0;
    for (let i = 0; i < 10; i++) {
      a.speak();
      b.speak();
      await stage.time.pass(20);
    }
    assert.equal(a.ears.get('b')!.frames, heard, 'who has left hears nothing');
    assert.equal(b.ears.get('a')?.frames ?? 0, told, 'who has left is not heard');
    assert.ok(!stage.call.signal.aborted, 'the call goes on for the others');
  },

  'the end of the call ends it for everybody, and is repeatable': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    assert.ok(!stage.call.signal.aborted);
    await Promise.all([stage.call.end(), stage.call.end()]);
    await stage.call.end();
    assert.ok(stage.call.signal.aborted);
    const closed = (voice: EdgeVoice): string[] =>
      voice.events.filter((event) => event.startsWith('closed'));
    await stage.time.until(
      () => closed(a).length > 0 && closed(b).length > 0,
      'both connections are over',
    );
    assert.deepEqual([closed(a), closed(b)], [['closed call-ended'], ['closed call-ended']]);
    a.speak();
    await a.connection.leave();
    assert.deepEqual(closed(a), ['closed call-ended']);
  },

  'a call that has ended cannot be joined': async (stage) => {
    await stage.call.end();
    await rejectsWith(stage.call.join({ id: 'late' }, { sampleRate: 16000 }), 'edge_call_ended');
  },

  'an id that is in the call cannot join again, but after leaving it can': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    await rejectsWith(stage.call.join({ id: 'a' }, { sampleRate: 16000 }), 'edge_user_exists');
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    await speakUntil(stage, [a], () => b.hears(a, LOW), 'the first one is not disturbed');
    await a.connection.leave();
    const again = await EdgeVoice.join(stage.call, 'a', HIGH);
    b.ears.clear();
    await speakUntil(stage, [again], () => b.hears(again, HIGH), 'the one who came back is heard');
  },

  'joining under a signal that is aborted is refused, and leaves nobody behind': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    await assert.rejects(
      stage.call.join({ id: 'b' }, { sampleRate: 16000, signal: AbortSignal.abort() }),
    );
    await stage.time.pass(100);
    assert.equal(a.connection.participants.length, 0);
  },

  'resetting a source forgets what is under way and no more': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW, { sampleRate: 48000 });
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE, { sampleRate: 16000 });
    await speakUntil(stage, [a], () => b.hears(a, LOW), 'the source is heard');
    b.connection.resetSource('a');
    b.connection.resetSource('nobody');
    b.ears.get('a')!.forget();
    await speakUntil(stage, [a], () => b.hears(a, LOW), 'the source is heard again');
  },

  'who stops listening hears nothing more, and the others go on': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    let heard = 0;
    const stop = b.connection.onAudio(() => heard++);
    await speakUntil(stage, [a], () => heard > 0 && b.hears(a, LOW), 'both listeners hear');
    stop();
    stop();
    const before = heard;
    b.ears.get('a')!.forget();
    await speakUntil(stage, [a], () => b.hears(a, LOW), 'the other listener still hears');
    assert.equal(heard, before);
  },

  'calls with other ids do not hear each other': async (stage) => {
    const other = await stage.edge.createCall({ id: callId() });
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    const stranger = await EdgeVoice.join(other, 'a', HIGH);
    await speakUntil(stage, [a, b, stranger], () => b.hears(a, LOW), 'the call hears itself');
    assert.equal(stranger.ears.size, 0);
    assert.equal(stranger.connection.participants.length, 0);
    await other.end();
    assert.ok(!stage.call.signal.aborted);
  },

  'publishing may run as far ahead as the connection says': async (stage) => {
    const a = await EdgeVoice.join(stage.call, 'a', LOW);
    const b = await EdgeVoice.join(stage.call, 'b', MIDDLE);
    const { publishLeadMs } = a.connection;
    assert.ok(publishLeadMs >= 0 && Number.isFinite(publishLeadMs));
    const ahead = Math.floor(publishLeadMs / 20);
    for (let frame = 0; frame < ahead; frame++) a.speak();
    await speakUntil(stage, [a], () => b.hears(a, LOW), 'all of it is heard as one tone');
    assert.equal(samplesPerFrame(a.connection.sampleRate), 320);
  },
};

/**
 * What every {@link EdgeTransport} must do, as cases for any test runner. Tones are compared by energy
 * and frequency, so that an edge with a lossy codec, delay and concealment passes too.
 *
 * ```ts
 * for (const { name, run } of edgeConformanceCases(async () => ({ edge: createLocalEdge(), close: async () => {} }))) {
 *   test(name, run);
 * }
 * ```
 */
export function edgeConformanceCases(
  createSubject: () => Promise<EdgeConformanceSubject>,
): readonly ConformanceCase[] {
  return Object.entries(CASES).map(([name, check]) => ({
    name,
    async run() {
      const subject = await createSubject();
      const { edge, passTime } = subject;
      try {
        assert.deepEqual(edge.checkSettings(), [], 'the subject’s settings are complete');
        const call = await edge.createCall({ id: callId() });
        try {
          await check({ edge, time: new SubjectTime(passTime), call });
        } finally {
          await call.end();
        }
      } finally {
        await subject.close();
      }
    },
  }));
}
