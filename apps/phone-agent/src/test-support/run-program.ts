import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of this app, as it runs in a process of its own. */
export interface RunningProgram {
  /** All that it has printed on standard output so far. */
  readonly output: string;
  /** All that it has printed on standard error so far. */
  readonly complaints: string;
  /** Resolves when its standard output holds `text`; rejects when it ends before. */
  printed(text: string): Promise<void>;
  kill(signal: 'SIGTERM' | 'SIGINT'): void;
  readonly exitCode: Promise<number | null>;
}

/** Runs a TypeScript file of this app's `src` from its source, with a clean environment. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): RunningProgram {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@phone-agents/source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL(`../${file}`, import.meta.url)),
      ...args,
    ],
    {
      cwd: options.cwd,
      env: { PATH: process.env['PATH'], ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const exitCode = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  return {
    get output() {
      return output;
    },
    get complaints() {
      return complaints;
    },
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        child.stdout.on('data', look);
        look();
        void exitCode.then((code) =>
          reject(new Error(`It ended with ${code} before it printed "${text}": ${complaints}`)),
        );
      }),
    kill: (signal) => void child.kill(signal),
    exitCode,
  };
}
