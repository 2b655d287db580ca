import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EdgeTransport } from '@phone-agents/core';
import { createStreamVideoEdge } from '@phone-agents/stream-video';

/** Stream's stand-in in a process of its own, so that its CPU time and memory are not mixed with ours. */
export class StandinProcess {
  /** An edge on it. */
  readonly edge: EdgeTransport;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, environment: Readonly<Record<string, string>>) {
    this.#child = child;
    this.edge = createStreamVideoEdge({ environment });
  }

  static async start(): Promise<StandinProcess> {
    const program = fileURLToPath(import.meta.resolve('@phone-agents/stream-standin/package.json'));
    const child = spawn(
      process.execPath,
      [...process.execArgv, program.replace('package.json', 'src/cli.ts'), '--port', '0'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const environment: Record<string, string> = {};
    for await (const line of createInterface({ input: child.stdout })) {
      const [, name, value] = /^(STREAM_\w+)=(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) environment[name] = value;
      if (/is running/.test(line)) return new StandinProcess(child, environment);
    }
    throw new Error('The stand-in of Stream did not start.');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill();
    await exited;
  }
}
