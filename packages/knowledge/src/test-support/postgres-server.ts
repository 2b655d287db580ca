import type { SpawnOptions } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root; its package makes this user. */
const USER = 'postgres';

/** A server of the tests' own. */
export interface PostgresServer {
  readonly url: string;
  /** Ends it as a fault would. */
  crash(): Promise<void>;
  /** Starts it again after that, at the same address. */
  restart(): Promise<void>;
  /** Ends it, and removes all that it kept. */
  stop(): Promise<void>;
}

/** Where the server's programs are, or why they cannot be run here. */
export function findPostgres():
  | {
      readonly bin: string;
      readonly user: { readonly uid: number; readonly gid: number } | undefined;
    }
  | { readonly missing: string } {
  if (process.platform === 'win32') return { missing: 'needs a Unix system' };
  const bin = candidates().find((folder) => existsSync(join(folder, 'initdb')));
  if (bin === undefined) return { missing: 'postgresql is not installed' };
  if (process.getuid?.() !== 0) return { bin, user: undefined };
  const [uid, gid] = ['-u', '-g'].map((option) =>
    Number(spawnSync('id', [option, USER], { encoding: 'utf8' }).stdout.trim() || NaN),
  );
  return Number.isInteger(uid) && Number.isInteger(gid)
    ? { bin, user: { uid: uid!, gid: gid! } }
    : { missing: `refuses to run as root, and there is no user ${USER}` };
}

function candidates(): string[] {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  versions.sort((left, right) => Number(right) - Number(left));
  return [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')),
  ];
}

/** Starts a server with an empty database on a free port of this machine, in a temporary folder. */
export async function startPostgres(): Promise<PostgresServer> {
  const found = findPostgres();
  if ('missing' in found) throw new Error(found.missing);
  const { bin, user } = found;
  const folder = mkdtempSync(join(tmpdir(), 'phone-agents-pg-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const environment = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const initdb = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'tester', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions'],
    { encoding: 'utf8', env: environment, cwd: folder, ...user },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`);
  const port = await freePort();
  const run = (): Promise<RunningServer> =>
    runServer(
      join(bin, 'postgres'),
      ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1', '-F'],
      { env: environment, cwd: folder, ...user },
    );
  let running = await run();
  return {
    url: `postgres://tester@127.0.0.1:${port}/postgres`,
    crash: () => running.end('SIGQUIT'),
    restart: async () => {
      running = await run();
    },
    stop: async () => {
      // The fast shutdown: connections are cut.
      await running.end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface RunningServer {
  end(signal: NodeJS.Signals): Promise<void>;
}

async function runServer(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<RunningServer> {
  const server = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(server, 'close');
  const log: string[] = [];
  const lines = createInterface({ input: server.stderr });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line);
      if (line.includes('ready to accept connections')) resolve();
    });
    closed.then(() => reject(new Error(`postgres ended:\n${log.join('\n')}`)), reject);
  });
  return {
    end: async (signal) => {
      if (server.exitCode === null && server.signalCode === null) server.kill(signal);
      await closed;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
