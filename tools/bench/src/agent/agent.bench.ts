import { speechRecognitionAvailability } from '@phone-agents/offline';
import type { Verdict } from '../interleaved.ts';
import { median } from '../median.ts';
import type { Suite } from '../suite.ts';
import {
  measureConversation,
  measureGreetings,
  measureInterruptions,
  renderQuestions,
} from './library-callers.ts';
import type { LibraryLine } from './library-line.ts';
import { END_OF_TURN_SILENCE_MS, openLibraryLine } from './library-line.ts';

const TIMES = 20;

/** The parts of a turn, as the agent measures them; the first is the caller's silence and no delay of ours. */
const PARTS = [
  ['end of turn', 'endOfTurnMs'],
  ['words known', 'recognitionMs'],
  ['answer begun', 'firstTextMs'],
  ['speech made', 'firstSamplesMs'],
  ['first frame sent', 'firstFrameMs'],
  ['first frame heard', 'firstHeardMs'],
] as const;

type Print = (line: string) => void;

/** What a caller waits for, measured at the ear: real recognition and speech, real time, real sockets. */
export const agentSuite: Suite = {
  title: `the offline agent on the phone, ${TIMES} times each, as the caller hears it`,
  run: async (print) => {
    const recognition = await speechRecognitionAvailability();
    if (!recognition.available) {
      print(`  not measured: ${recognition.reason}. ${recognition.howToInstall}`);
      return [];
    }
    const line = await openLibraryLine();
    try {
      return await measure(line, print);
    } finally {
      await line.close();
    }
  },
};

async function measure(line: LibraryLine, print: Print): Promise<Verdict[]> {
  const voice = await renderQuestions();
  await measureGreetings(line, 1);
  const greeted = await measureGreetings(line, TIMES);
  const { understood, answeredMs, turns } = await measureConversation(line, voice, TIMES);
  const { fromOnsetMs, fromAcceptanceMs } = await measureInterruptions(line, voice, TIMES);

  const early = turns.filter(({ isEarly }) => isEarly).length;
  print(
    `  parts of a turn; ${early} of ${turns.length} answers were begun before it was over for certain:`,
  );
  for (const [name, field] of PARTS) {
    const values = turns.map((turn) => turn[field] ?? Number.NaN);
    print(`    ${name.padEnd(18)} ${describe(values)}`);
  }
  const beyondSilence = (delays: readonly number[]): number[] =>
    delays.map((delayMs) => delayMs - END_OF_TURN_SILENCE_MS);
  const sent = beyondSilence(turns.map((turn) => turn.endOfSpeechToFirstAudioMs));
  print(
    `  beyond the silence of ${END_OF_TURN_SILENCE_MS} ms, to the first frame sent: ${describe(sent)}`,
  );
  const verdicts = [
    judge('media socket open to the greeting at the ear', greeted, 300),
    judge(
      'end of speech to the answer at the ear, beyond the silence',
      beyondSilence(answeredMs),
      400,
    ),
    judge('onset of an interruption to silence at the ear', fromOnsetMs, 600),
    judge('acceptance of an interruption to silence at the ear', fromAcceptanceMs, 150),
    {
      text: `questions understood, must be at least ${TIMES - 2} of ${TIMES}: ${understood}`,
      held: understood >= TIMES - 2,
      binding: true,
    },
    {
      text: `interruptions accepted, must be ${TIMES}: ${fromAcceptanceMs.length}`,
      held: fromAcceptanceMs.length === TIMES,
      binding: true,
    },
  ];
  for (const { text, held, binding } of verdicts) {
    print(`  ${text}, ${held ? 'pass' : binding ? 'FAIL' : 'over budget (machine?)'}`);
  }
  return verdicts;
}

function judge(what: string, delays: readonly number[], atMostMs: number): Verdict {
  return {
    text: `${what}, must be at most ${atMostMs} ms: ${describe(delays)}`,
    held: median(delays) <= atMostMs,
    binding: false,
  };
}

function describe(values: readonly number[]): string {
  return `median ${median(values).toFixed(0)} ms, worst ${Math.max(...values).toFixed(0)} ms`;
}
