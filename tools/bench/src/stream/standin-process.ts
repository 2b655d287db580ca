import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EdgeTransport } from '@phone-agents/core';
import type { PageJoinOptions } from '@phone-agents/stream-standin/browser';
import { createStreamVideoEdge } from '@phone-agents/stream-video';

/** Who joins with a browser. */
const PAGE_USER = 'browser';

/** Stream's stand-in in a process of its own, so that its CPU time and memory are not mixed with ours. */
export class StandinProcess {
  /** An edge on it. */
  readonly edge: EdgeTransport;
  readonly #child: ChildProcess;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(child: ChildProcess, environment: Readonly<Record<string, string>>) {
    this.#child = child;
    this.#environment = environment;
    this.edge = createStreamVideoEdge({ environment });
  }

  static async start(): Promise<StandinProcess> {
    const program = fileURLToPath(import.meta.resolve('@phone-agents/stream-standin/package.json'));
    const child = spawn(
      process.execPath,
      [
        ...process.execArgv,
        program.replace('package.json', 'src/cli.ts'),
        ...['--port', '0', '--user', PAGE_USER],
      ],
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

  /** What a page needs to join a call. */
  pageJoinOptions(callId: string): PageJoinOptions {
    const {
      STREAM_BASE_URL: url = '',
      STREAM_API_KEY: apiKey = '',
      STREAM_USER_TOKEN: token = '',
    } = this.#environment;
    return {
      apiKey,
      userId: PAGE_USER,
      name: PAGE_USER,
      token,
      callType: 'default',
      callId,
      baseUrl: `${url}/video`,
      locationHintUrl: `${url}/hint`,
    };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill();
    await exited;
  }
}
