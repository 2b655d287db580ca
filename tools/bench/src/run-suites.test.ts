import type { Verdict } from './interleaved.ts';
import { runSuites } from './run-suites.ts';
import type { Suite } from './suite.ts';

const suite =
  (...verdicts: Verdict[]) =>
  async (): Promise<Suite> => ({
    title: 'a suite',
    run: async (print) => {
      print(`measured ${verdicts.map(({ text }) => text).join()}`);
      return verdicts;
    },
  });
const held: Verdict = { text: 'held', held: true, binding: true };
const ratioFailed: Verdict = { text: 'ratio', held: false, binding: true };
const overBudget: Verdict = { text: 'time', held: false, binding: false };

async function outcome(names: string[], suites: Record<string, () => Promise<Suite>>) {
  const lines: string[] = [];
  const exitCode = await runSuites(suites, names, (line) => lines.push(line));
  return { exitCode, output: lines.join('\n') };
}

test('runs every suite when none is named, and only those named otherwise', async () => {
  const suites = {
    one: suite({ ...held, text: 'first' }),
    two: suite({ ...held, text: 'second' }),
  };
  expect((await outcome([], suites)).output).toMatch(/first[^]*second/);
  expect((await outcome(['two'], suites)).output).not.toMatch(/first/);
});

test('exits with 1 and names the failure when a ratio fails', async () => {
  const { exitCode, output } = await outcome([], { one: suite(held, ratioFailed) });
  expect(exitCode).toBe(1);
  expect(output).toContain('FAIL ratio');
});

test('exits with 0 when only an absolute time is over its budget', async () => {
  const { exitCode, output } = await outcome([], { one: suite(held, overBudget) });
  expect(exitCode).toBe(0);
  expect(output).toContain('1 over an absolute budget');
});

test('exits with 2 and lists the suites when a name is not known', async () => {
  const { exitCode, output } = await outcome(['audoi'], { audio: suite(held) });
  expect(exitCode).toBe(2);
  expect(output).toContain('Suites: audio.');
});
