import type { Verdict } from './judge.ts';

/** One row of the table: what took how long. */
export interface Delay {
  readonly name: string;
  readonly ms: number;
}

export interface JudgedQuestion {
  readonly question: string;
  readonly verdict: Verdict;
}

/** What the caller got. */
export function describeJudged(judged: readonly JudgedQuestion[]): string {
  return [
    '',
    'What the caller heard:',
    ...judged.flatMap(({ question, verdict }) => [
      `  ${verdict.right ? 'right' : 'WRONG'}  ${question}`,
      `         ${verdict.detail}`,
    ]),
  ].join('\n');
}

/** The table of delays, and what the caller got. */
export function describeResult(
  judged: readonly JudgedQuestion[],
  delays: readonly Delay[],
  recording: string,
): string {
  const width = Math.max(...delays.map(({ name }) => name.length));
  return [
    describeJudged(judged),
    '',
    'Delays, as the caller heard them (a spoken turn ends with 500 ms of silence, which is included):',
    ...delays.map(
      ({ name, ms }) => `  ${name.padEnd(width)}  ${String(Math.round(ms)).padStart(5)} ms`,
    ),
    '',
    `Recording (left the caller, right what the caller heard): ${recording}`,
  ].join('\n');
}
