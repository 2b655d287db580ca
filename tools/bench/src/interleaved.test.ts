import {
  describeResult,
  processCpuMicroseconds,
  runContest,
  type Contest,
  type Contestant,
} from './interleaved.ts';

/** A machine of our own, whose clock moves only when a contestant works. */
class Machine {
  now = 0;
  speed = 1;
  readonly turns: string[] = [];
  readonly readMicroseconds = () => this.now;

  contestant(name: string, cost: () => number): Contestant {
    return {
      name,
      run: () => {
        if (this.turns.at(-1) !== name) this.turns.push(name);
        this.now += cost() * this.speed;
      },
    };
  }
}

function contestOf(first: Contestant, ...others: Contestant[]): Contest {
  return { title: 'work', unit: 'frame', contestants: [first, ...others] };
}

test('tells what a run costs and how many times the first contestant that is', () => {
  const machine = new Machine();
  const contest = contestOf(
    machine.contestant('ours', () => 2),
    machine.contestant('theirs', () => 9),
  );
  const { measurements } = runContest(contest, machine);
  expect(measurements).toEqual([
    { name: 'ours', medianMicroseconds: 2, leastMicroseconds: 2, ratio: 1 },
    { name: 'theirs', medianMicroseconds: 9, leastMicroseconds: 9, ratio: 4.5 },
  ]);
});

test('runs the contestants by turns, and begins each round with another one', () => {
  const machine = new Machine();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => machine.contestant(name, () => 1));
  runContest(contestOf(a!, b!, c!), { ...machine, rounds: 3 });
  // Each is warmed up by itself first; then c, a, b follow a, b, c, and so on: a turn of its own shows once.
  expect(machine.turns.join('')).toBe('abc' + 'abc' + 'bca' + 'cab');
});

test('keeps the ratio right on a machine whose speed changes from round to round', () => {
  const machine = new Machine();
  let runs = 0;
  const ours = machine.contestant('ours', () => {
    machine.speed = 1 + (runs++ >> 12);
    return 1;
  });
  const { measurements } = runContest(
    contestOf(
      ours,
      machine.contestant('theirs', () => 5),
    ),
    {
      ...machine,
      rounds: 9,
      turnMicroseconds: 4096,
    },
  );
  expect(measurements[1]!.ratio).toBeGreaterThan(4);
  expect(measurements[1]!.ratio).toBeLessThan(6);
});

test('is not misled by a round that something disturbed', () => {
  const machine = new Machine();
  let disturbances = 0;
  const theirs = machine.contestant('theirs', () =>
    machine.now > 60_000 && disturbances++ < 3 ? 50_000 : 4,
  );
  const { measurements } = runContest(
    contestOf(
      machine.contestant('ours', () => 1),
      theirs,
    ),
    machine,
  );
  expect(disturbances).toBeGreaterThan(3);
  expect(measurements[1]).toMatchObject({ medianMicroseconds: 4, ratio: 4 });
});

test('binds a must that is a ratio, and only shows one that is a time', () => {
  const machine = new Machine();
  const base = contestOf(
    machine.contestant('ours', () => 2),
    machine.contestant('theirs', () => 9),
  );
  const judged = (times: number, budgetMicroseconds: number) =>
    runContest({ ...base, mustBeTimesCheaper: { theirs: times }, budgetMicroseconds }, machine);
  expect(judged(4, 2).verdicts).toEqual([
    { text: 'must be 4 times cheaper than theirs: 4.5 times, pass', held: true, binding: true },
    { text: 'must cost at most 2 µs: 2.00 µs, within budget', held: true, binding: false },
  ]);
  expect(judged(5, 1.5).verdicts).toEqual([
    { text: 'must be 5 times cheaper than theirs: 4.5 times, FAIL', held: false, binding: true },
    {
      text: 'must cost at most 1.5 µs: 2.00 µs, over budget (machine?)',
      held: false,
      binding: false,
    },
  ]);
});

test('refuses a must about a contestant that there is not', () => {
  const machine = new Machine();
  const contest = {
    ...contestOf(machine.contestant('ours', () => 1)),
    mustBeTimesCheaper: { x: 2 },
  };
  expect(() => runContest(contest, machine)).toThrow(RangeError);
});

test('prints a table with one line for each contestant, then the verdicts', () => {
  const machine = new Machine();
  const contest = {
    ...contestOf(
      machine.contestant('ours', () => 2),
      machine.contestant('theirs', () => 9),
    ),
    budgetMicroseconds: 3,
  };
  expect(describeResult(runContest(contest, machine))).toEqual([
    'work        µs/frame     least   ratio',
    '  ours          2.00      2.00    1.00',
    '  theirs        9.00      9.00    4.50',
    '  must cost at most 3 µs: 2.00 µs, within budget',
  ]);
});

test('the default clock goes forward while the process works', () => {
  const start = processCpuMicroseconds();
  let last = start;
  while (last === start) last = processCpuMicroseconds();
  expect(last).toBeGreaterThan(start);
});
