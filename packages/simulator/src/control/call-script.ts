import type { CarrierCall } from '../carrier-call.ts';
import { untilQuiet } from '../listening.ts';
import type { CallerBehaviour, CallSummary } from './control-protocol.ts';

/** A greeting is over after this much silence. */
const GREETING_QUIET_MS = 700;
const GREETING_GIVE_UP_MS = 3_000;
/** After the caller's last word: time for an answer to begin, and silence after it. */
const ANSWER_GIVE_UP_MS = 10_000;
const ANSWER_QUIET_MS = 3_000;

/** What a caller does in one call. */
export interface CallScript extends CallerBehaviour {
  /** What the caller says, at the call's rate. */
  readonly audio?: Int16Array | undefined;
}

/**
 * Behaves as a polite caller: hears the greeting out, speaks, presses keys, listens to the answer, and
 * hangs up. Resolves when the call is over.
 */
export async function runCallScript(call: CarrierCall, script: CallScript): Promise<void> {
  const stopTimer = hangUpLater(call, script.hangUpAfterMs);
  try {
    if (!(await call.connected)) return;
    await untilQuiet(call, { quietMs: GREETING_QUIET_MS, giveUpMs: GREETING_GIVE_UP_MS });
    if (script.audio) await call.speak(script.audio);
    if (script.digits) call.press(script.digits);
    if (script.hangUpAfterMs === undefined) {
      await untilQuiet(call, { quietMs: ANSWER_QUIET_MS, giveUpMs: ANSWER_GIVE_UP_MS });
      call.hangUp();
    }
  } finally {
    await call.ended;
    stopTimer();
  }
}

/** Counts heard audio, so that it keeps the call's own time. */
function hangUpLater(call: CarrierCall, afterMs: number | undefined): () => void {
  if (afterMs === undefined) return () => undefined;
  let passedMs = 0;
  let connected = false;
  void call.connected.then((value) => (connected = value));
  return call.onHeard((frame) => {
    if (connected) passedMs += (frame.samples.length * 1000) / frame.sampleRate;
    if (passedMs >= afterMs) call.hangUp();
  });
}

/** The figures of a call that is over. */
export function summariseCall(call: CarrierCall): CallSummary {
  const { answeredMs, endedMs } = call.times;
  const answered = answeredMs !== undefined && endedMs !== undefined;
  return {
    playedMs: Math.round(call.playedMs),
    durationMs: answered ? Math.round(endedMs - answeredMs) : 0,
  };
}
