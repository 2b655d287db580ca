import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TelnyxCarrier } from '@phone-agents/simulator';
import { createTelnyxCarrier } from '@phone-agents/simulator';

const testPosix = process.platform === 'win32' ? test.skip : test;
const whyNot = process.platform === 'win32' ? ' [skipped: Windows has no signals]' : '';

/** A server that takes every event and does nothing about it. */
interface Taker {
  readonly url: string;
  readonly paths: string[];
  readonly http: Server;
}

let usual: Taker;
let temporary: Taker;
let carrier: TelnyxCarrier;
let folder: string;

beforeAll(async () => {
  usual = await openTaker();
  temporary = await openTaker();
});

beforeEach(async () => {
  carrier = await createTelnyxCarrier({ webhookUrl: `${usual.url}/usual` });
  usual.paths.length = temporary.paths.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'telnyx-cli-'));
});

afterEach(async () => {
  await carrier.close();
  rmSync(folder, { recursive: true });
});

afterAll(async () => {
  for (const { http } of [usual, temporary]) {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }
});

async function openTaker(): Promise<Taker> {
  const paths: string[] = [];
  const http = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { http, paths, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** Places a call, and tells where it rang. */
async function ring(): Promise<string[]> {
  const call = await carrier.placeCall();
  while (usual.paths.length + temporary.paths.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  call.hangUp();
  await call.settled;
  const rang = [usual.paths[0] ?? [], temporary.paths[0] ?? []].flat();
  usual.paths.length = temporary.paths.length = 0;
  return rang;
}

function start(...args: string[]) {
  const program = fileURLToPath(new URL('./cli.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@phone-agents/source', program, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...carrier.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
  const exited = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, exited, complaints: () => complaints };
}

const startSetUp = () =>
  start('setup', '--phone-number', carrier.to, '--public-url', temporary.url);

/** A set-up that has come so far that it waits for its end. */
async function setUp() {
  const run = startSetUp();
  for await (const line of createInterface(run.child.stdout)) {
    if (line.startsWith('Ctrl-C')) break;
  }
  expect(carrier.applications).toHaveLength(2);
  return run;
}

const hasJournal = (): boolean => existsSync(join(folder, '.phone-agents-telnyx.json'));

function expectRestored(): void {
  expect(carrier.phoneNumbers.map((number) => number.connection_id)).toEqual([
    carrier.connectionId,
  ]);
  expect(carrier.applications.map(({ id }) => id)).toEqual([carrier.connectionId]);
  expect(hasJournal()).toBe(false);
}

testPosix(
  `while a set-up waits, calls ring at its server; after Ctrl-C where they rang before${whyNot}`,
  async () => {
    expect(await ring()).toEqual(['/usual']);
    const { child, exited } = await setUp();
    expect(await ring()).toEqual(['/telnyx/events']);
    child.kill('SIGINT');
    await expect(exited).resolves.toEqual([0, null]);
    expect(await ring()).toEqual(['/usual']);
    expectRestored();
  },
);

testPosix.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  `a set-up restores on %s${whyNot}`,
  async (signal) => {
    const { child, exited } = await setUp();
    child.kill(signal);
    // An impatient second one changes nothing.
    child.kill(signal);
    await expect(exited).resolves.toEqual([0, null]);
    expectRestored();
  },
);

testPosix.each([
  ['while it waits', undefined],
  ['when the application has been made, before it knows', 'POST /v2/call_control_applications'],
  ['when the number has been routed, before it knows', 'PATCH /v2/phone_numbers/'],
])(`after a hard kill %s, teardown restores from the journal${whyNot}`, async (_when, request) => {
  let killed: Promise<unknown>;
  if (request === undefined) {
    const { child, exited } = await setUp();
    child.kill('SIGKILL');
    killed = exited;
  } else {
    const seen = new Promise<void>((resolve) => {
      carrier.loseRestAnswers(1, ({ method, path }) => {
        const isIt = `${method} ${path}`.startsWith(request);
        if (isIt) resolve();
        return isIt;
      });
    });
    const { child, exited } = startSetUp();
    await seen;
    child.kill('SIGKILL');
    killed = exited;
  }
  await killed;
  expect(carrier.applications).toHaveLength(2);
  expect(hasJournal()).toBe(true);
  await expect(start('teardown').exited).resolves.toEqual([0, null]);
  expectRestored();
  expect(await ring()).toEqual(['/usual']);
});

testPosix(
  `check finds a number whose calls come in, and one whose calls do not${whyNot}`,
  async () => {
    const { child, exited } = await setUp();
    const id = carrier.applications.at(-1)!.id;
    const check = (url: string, app: string) =>
      start('check', '--phone-number', carrier.to, '--public-url', url, '--app-id', app);
    await expect(check(temporary.url, id).exited).resolves.toEqual([0, null]);
    child.kill('SIGINT');
    await exited;
    const wrong = check(temporary.url, carrier.connectionId);
    await expect(wrong.exited).resolves.toEqual([1, null]);
    expect(wrong.complaints()).toContain(`set it to ${temporary.url}/telnyx/events`);
  },
);
