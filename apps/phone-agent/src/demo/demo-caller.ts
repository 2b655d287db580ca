import type { CarrierCall } from '@phone-agents/simulator';
import { untilHeard, untilQuiet } from '@phone-agents/simulator';
import type { DemoQuestion } from './demo-script.ts';
import { DEMO_SCRIPT } from './demo-script.ts';
import { HeardAudio } from './heard-audio.ts';

/** Longer than any pause within an answer. */
const QUIET_MS = 900;
const GIVE_UP_MS = 15_000;
/** An interruption takes no longer, whatever the machine is busy with. */
const INTERRUPTION_MS = 1_000;
/** So much of the menu is heard before a key is pressed. */
const GREETING_MS = 4_000;
/** The caller hears so much of the answer that is interrupted. */
const PATIENCE_MS = 1_500;

/** How a caller asks. */
export interface Mouth {
  /** Asks, and resolves when it is said. */
  ask(question: DemoQuestion): Promise<void>;
}

/** Takes texts as though the caller had said them. */
export interface Writer {
  receiveText(text: string): void;
}

/** One question as it went. */
export interface AskedQuestion {
  readonly asked: DemoQuestion;
  /** On the recording's time line: when the caller began to ask. */
  readonly fromMs: number;
  /** What the carrier played from the end of the question on, until silence; without gaps. */
  readonly played: Int16Array;
}

/** What happened in the demo's call. */
export interface DemoCourse {
  /** All that was heard; it stops when the call ends. */
  readonly heard: HeardAudio;
  readonly first: AskedQuestion;
  /** Asked, and its answer interrupted by the next. */
  readonly interrupted: AskedQuestion;
  readonly interrupting: AskedQuestion;
  /** Asked as a text; undefined where the caller has a voice. */
  readonly written: AskedQuestion | undefined;
}

/**
 * Plays the caller's part: hears the greeting out, asks, listens, asks and interrupts, and hangs up.
 *
 * @param writer takes the question that is asked as a text; undefined for a caller with a voice
 * @throws Error where the call is not answered, or ends before its time.
 */
export async function playCaller(
  call: CarrierCall,
  mouth: Mouth,
  writer: Writer | undefined,
): Promise<DemoCourse> {
  const heard = new HeardAudio(call);
  const ask = async (
    question: DemoQuestion,
    by: (question: DemoQuestion) => Promise<void>,
    untilEnough: () => Promise<boolean>,
  ): Promise<AskedQuestion> => {
    const fromMs = heard.durationMs;
    await by(question);
    // A key takes no time: what it interrupts is still on the line, and is not the answer.
    const from = heard.playedSamples;
    await heard.untilEmpty(INTERRUPTION_MS);
    if (!(await untilEnough())) throw new Error(`Nothing was heard after "${question.question}"`);
    return { asked: question, fromMs, played: heard.playedSince(from) };
  };
  const untilEnd = (): Promise<boolean> =>
    untilQuiet(call, { quietMs: QUIET_MS, giveUpMs: GIVE_UP_MS });
  const speak = (question: DemoQuestion): Promise<void> => mouth.ask(question);
  const write = async ({ question }: DemoQuestion): Promise<void> => writer?.receiveText(question);
  try {
    if (!(await call.connected))
      throw new Error(`The call was not answered: ${await whyEnded(call)}`);
    // Who presses keys need not hear the whole menu.
    const greeted = writer ? untilHeard(call, GREETING_MS, GIVE_UP_MS) : untilEnd();
    if (!(await greeted)) throw new Error('No greeting was heard');
    const { first, interrupted, interrupting, written } = DEMO_SCRIPT;
    return {
      heard,
      first: await ask(first, speak, untilEnd),
      interrupted: await ask(interrupted, speak, () => untilHeard(call, PATIENCE_MS, GIVE_UP_MS)),
      interrupting: await ask(interrupting, speak, untilEnd),
      written: writer && (await ask(written, write, untilEnd)),
    };
  } finally {
    call.hangUp();
    heard.stop();
  }
}

async function whyEnded(call: CarrierCall): Promise<string> {
  const { by, detail } = await call.ended;
  return detail ?? by;
}
