import type { SetupProgram } from '../setup/setup-program.ts';
import { runSetupProgram } from '../setup/setup-program.ts';

/** A set-up program that runs in a test; made by {@link startSetupProgram}. */
export interface RunningSetup {
  /** Resolves with its exit code: 0 done, 1 not, 2 wrong usage. */
  readonly code: Promise<0 | 1 | 2>;
  /** Resolves when it waits for its end with all that it set up in place, or is over. */
  readonly standing: Promise<unknown>;
  /** Lines for the user so far. */
  readonly printed: readonly string[];
  /** Complaints so far. */
  readonly complaints: readonly string[];
  /** Ctrl-C: it restores what was there before, and ends. */
  interrupt(): void;
}

/** Starts a provider's set-up program as its command line does, for tests against a stand-in of the account. */
export function startSetupProgram<Change extends object>(
  program: SetupProgram<Change>,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RunningSetup {
  const abort = new AbortController();
  const printed: string[] = [];
  const complaints: string[] = [];
  let stands!: () => void;
  const standing = new Promise<void>((resolve) => (stands = resolve));
  const code = runSetupProgram(program, {
    args,
    environment,
    print: (line) => {
      printed.push(line);
      if (line.startsWith('Ctrl-C')) stands();
    },
    complain: (line) => void complaints.push(line),
    signal: abort.signal,
  });
  return {
    code,
    standing: Promise.race([standing, code]),
    printed,
    complaints,
    interrupt: () => abort.abort(),
  };
}
