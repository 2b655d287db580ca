import type { CarrierCall } from '@phone-agents/simulator';
import { untilQuiet } from '@phone-agents/simulator';
import type { AskedQuestion, Mouth, Writer } from './demo-caller.ts';
import type { DemoQuestion } from './demo-script.ts';
import { HeardAudio } from './heard-audio.ts';

/** Longer than any pause within an answer. */
const QUIET_MS = 900;
const GIVE_UP_MS = 25_000;

/**
 * Plays the caller's part: hears the greeting out, asks one question after the other, hears every answer
 * to its end, and hangs up.
 *
 * @param mouth asks by voice; undefined for a caller who writes
 * @throws Error where the call is not answered, or ends before its time.
 */
export async function askInTurn(
  call: CarrierCall,
  questions: readonly DemoQuestion[],
  mouth: Mouth | undefined,
  writer: Writer,
): Promise<AskedQuestion[]> {
  const heard = new HeardAudio(call);
  const untilEnd = (): Promise<boolean> =>
    untilQuiet(call, { quietMs: QUIET_MS, giveUpMs: GIVE_UP_MS });
  const asked: AskedQuestion[] = [];
  try {
    if (!(await call.connected)) throw new Error('The call was not answered');
    if (!(await untilEnd())) throw new Error('No greeting was heard');
    for (const question of questions) {
      const fromMs = heard.durationMs;
      if (mouth) await mouth.ask(question);
      else writer.receiveText(question.question);
      const from = heard.playedSamples;
      if (!(await untilEnd())) throw new Error(`Nothing was heard after "${question.question}"`);
      asked.push({ asked: question, fromMs, played: heard.playedSince(from) });
    }
    return asked;
  } finally {
    call.hangUp();
    heard.stop();
  }
}
