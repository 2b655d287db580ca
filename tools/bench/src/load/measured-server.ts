import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ServerCommand, ServerReport } from './load-protocol.ts';

/** What a server process has used since its start. */
export interface Usage {
  readonly cpuMicroseconds: number;
  readonly memoryBytes: number;
}

/** A server in a process of its own, so that its CPU time is not mixed with the callers'. */
export class MeasuredServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(kind: 'phone' | 'raw', settings: object = {}): Promise<MeasuredServer> {
    const child = fork(new URL('./server-process.ts', import.meta.url), [
      kind,
      JSON.stringify(settings),
    ]);
    const [report] = (await once(child, 'message')) as [ServerReport];
    if (!('url' in report)) throw new Error('The server did not say where it listens.');
    return new MeasuredServer(child, report.url);
  }

  /** @param collected whether garbage is collected first, which costs CPU time afterwards only */
  async usage(collected = false): Promise<Usage> {
    const command: ServerCommand = collected ? 'measure-memory' : 'measure';
    this.#child.send(command);
    const [report] = (await once(this.#child, 'message')) as [ServerReport];
    if ('url' in report) throw new Error('The server reported something else.');
    return report;
  }

  async stop(): Promise<void> {
    this.#child.send('stop');
    await once(this.#child, 'exit');
  }
}
