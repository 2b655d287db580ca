import { median } from './median.ts';

/** One way to do a piece of work. */
export interface Contestant {
  readonly name: string;
  /** Does the work once: a frame, a message. */
  run(): void;
}

/** The same work done in several ways: ours first, then those we compare with. */
export interface Contest {
  readonly title: string;
  /** What one run works on: `frame`, `message`. */
  readonly unit: string;
  readonly contestants: readonly [Contestant, ...Contestant[]];
  /** How many times cheaper than another contestant the first must be. This binds: it holds on any machine. */
  readonly mustBeTimesCheaper?: Readonly<Record<string, number>> | undefined;
  /** What the first may cost, in microseconds a run. Machines differ, so that this is shown but does not bind. */
  readonly budgetMicroseconds?: number | undefined;
}

/** What was measured of one contestant, in microseconds of CPU a run: the process's, so garbage collection counts. */
export interface Measurement {
  readonly name: string;
  readonly medianMicroseconds: number;
  /** The best round: what the machine does when it is left alone. */
  readonly leastMicroseconds: number;
  /** How many times the first contestant's cost: the median over the rounds, each of which compares like with like. */
  readonly ratio: number;
}

/** One "must" and what became of it. */
export interface Verdict {
  readonly text: string;
  readonly held: boolean;
  /** Whether failing it fails the benchmark. */
  readonly binding: boolean;
}

/** What a contest gave. */
export interface ContestResult {
  readonly contest: Contest;
  readonly measurements: readonly Measurement[];
  readonly verdicts: readonly Verdict[];
}

export interface MeasuringOptions {
  /** Rounds; in each every contestant has one turn, and another one begins. Default 31. */
  readonly rounds?: number | undefined;
  /** How long a turn should take, in microseconds: long against the clock's step. Default 8,000. */
  readonly turnMicroseconds?: number | undefined;
  /** Reads a clock in microseconds. Default: the CPU time of this process, which others' load hardly changes. */
  readonly readMicroseconds?: (() => number) | undefined;
}

/** CPU time that this process has used, in microseconds. */
export function processCpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Measures the contestants in turns, so that a machine that slows down or speeds up meanwhile does so for all.
 */
export function runContest(contest: Contest, options: MeasuringOptions = {}): ContestResult {
  const {
    rounds = 31,
    turnMicroseconds = 8_000,
    readMicroseconds = processCpuMicroseconds,
  } = options;
  const turns = contest.contestants.map((contestant) => ({
    contestant,
    runs: runsForTurn(contestant, turnMicroseconds, readMicroseconds),
    costs: [] as number[],
  }));
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < turns.length; place++) {
      const turn = turns[(place + round) % turns.length]!;
      turn.costs.push(timeRuns(turn.contestant, turn.runs, readMicroseconds) / turn.runs);
    }
  }
  const first = turns[0]!.costs;
  const measurements = turns.map(({ contestant, costs }) => ({
    name: contestant.name,
    medianMicroseconds: median(costs),
    leastMicroseconds: Math.min(...costs),
    ratio: median(costs.map((cost, round) => cost / first[round]!)),
  }));
  return { contest, measurements, verdicts: judge(contest, measurements) };
}

/** Doubles the runs until a turn is long enough, which warms the code up as well. */
function runsForTurn(
  contestant: Contestant,
  turnMicroseconds: number,
  readMicroseconds: () => number,
): number {
  let runs = 1;
  // Twice as long as wanted: the first turns ran before the code was optimised.
  while (timeRuns(contestant, runs, readMicroseconds) < 2 * turnMicroseconds) runs *= 2;
  const cost = timeRuns(contestant, runs, readMicroseconds) / runs;
  return Math.max(1, Math.round(turnMicroseconds / cost));
}

function timeRuns(contestant: Contestant, runs: number, readMicroseconds: () => number): number {
  const start = readMicroseconds();
  for (let i = 0; i < runs; i++) contestant.run();
  return readMicroseconds() - start;
}

function judge(contest: Contest, measurements: readonly Measurement[]): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const [name, times] of Object.entries(contest.mustBeTimesCheaper ?? {})) {
    const rival = measurements.find((measurement) => measurement.name === name);
    if (rival === undefined) throw new RangeError(`"${contest.title}" has no contestant ${name}.`);
    const held = rival.ratio >= times;
    verdicts.push({
      text: `must be ${times} times cheaper than ${name}: ${rival.ratio.toFixed(1)} times, ${held ? 'pass' : 'FAIL'}`,
      held,
      binding: true,
    });
  }
  const budget = contest.budgetMicroseconds;
  if (budget !== undefined) {
    const cost = measurements[0]!.medianMicroseconds;
    const held = cost <= budget;
    verdicts.push({
      text: `must cost at most ${budget} µs: ${cost.toFixed(2)} µs, ${held ? 'within budget' : 'over budget (machine?)'}`,
      held,
      binding: false,
    });
  }
  return verdicts;
}

/** The result as lines of text: a table, then the verdicts. */
export function describeResult({ contest, measurements, verdicts }: ContestResult): string[] {
  const width = Math.max(contest.title.length, ...measurements.map(({ name }) => name.length + 2));
  return [
    `${contest.title.padEnd(width)}  ${`µs/${contest.unit}`.padStart(10)}  ${'least'.padStart(8)}  ${'ratio'.padStart(6)}`,
    ...measurements.map(
      ({ name, medianMicroseconds, leastMicroseconds, ratio }) =>
        `${`  ${name}`.padEnd(width)}  ${medianMicroseconds.toFixed(2).padStart(10)}  ${leastMicroseconds.toFixed(2).padStart(8)}  ${ratio.toFixed(2).padStart(6)}`,
    ),
    ...verdicts.map(({ text }) => `  ${text}`),
  ];
}
