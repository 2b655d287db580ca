import type { Verdict } from './interleaved.ts';
import type { Suite } from './suite.ts';

/**
 * Runs the suites named, or all if none is, and returns the exit code: 0, 1 if a binding "must" failed, 2 if a name
 * is not known.
 */
export async function runSuites(
  suites: Readonly<Record<string, () => Promise<Suite>>>,
  names: readonly string[],
  print: (line: string) => void,
): Promise<0 | 1 | 2> {
  const unknown = names.filter((name) => !Object.hasOwn(suites, name));
  if (unknown.length > 0) {
    print(`There is no suite ${unknown.join(', ')}. Suites: ${Object.keys(suites).join(', ')}.`);
    return 2;
  }
  const verdicts: Verdict[] = [];
  for (const name of names.length === 0 ? Object.keys(suites) : names) {
    const suite = await suites[name]!();
    print(`== ${name}: ${suite.title}`);
    verdicts.push(...(await suite.run(print)));
  }
  const failed = verdicts.filter((verdict) => verdict.binding && !verdict.held);
  const overBudget = verdicts.filter((verdict) => !verdict.binding && !verdict.held);
  print(
    `== ${verdicts.length} musts: ${verdicts.length - failed.length - overBudget.length} hold, ${failed.length} failed, ${overBudget.length} over an absolute budget (machine?)`,
  );
  for (const { text } of failed) print(`   FAIL ${text}`);
  return failed.length > 0 ? 1 : 0;
}
