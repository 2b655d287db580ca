import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { runProgram } from './test-support/run-program.ts';

const testSignals = process.platform === 'win32' ? test.skip : test;
const whyNot = process.platform === 'win32' ? ' [skipped: Windows has no signals]' : '';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-app-'));
});

afterEach(async () => {
  await rm(join(folder, '.env'), { force: true });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('wrong settings, from the environment and a .env file, are named in one message, and the exit code is 1', async () => {
  await writeFile(join(folder, '.env'), 'PORT=eighty\nEDGE=cloud\nAGENT=human\n');
  const app = runProgram('main.ts', [], { cwd: folder, environment: { AGENT: 'offline' } });
  expect(await app.exitCode).toBe(1);
  expect(app.output).toBe('');
  expect(app.complaints.split('\n')).toEqual([
    'These settings are missing or wrong (see .env.example):',
    expect.stringMatching(/^ {2}EDGE must be/),
    expect.stringMatching(/^ {2}PORT must be/),
    '',
  ]);
});

test('a port that is taken is told in a sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const PORT = String(typeof address === 'object' && address ? address.port : 0);
  const app = runProgram('main.ts', [], { cwd: folder, environment: { PORT } });
  expect(await app.exitCode).toBe(1);
  expect(app.complaints).toMatch(/^The port is taken[^\n]*\n$/);
  other.close();
});

testSignals.each([
  ['twilio', '/twilio/voice'],
  ['telnyx', '/telnyx/events'],
] as const)(
  `with %s the app says what it is and how to call it, answers, and stops on SIGTERM${whyNot}`,
  async (PHONE_PROVIDER, webhook) => {
    const environment = { PORT: '0', PHONE_PROVIDER };
    const app = runProgram('main.ts', [], { cwd: folder, environment });
    await app.printed('Stop with Ctrl-C');
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(app.output) ?? [];
    expect(app.output).toContain(
      `  npm run call -- ${url} --digits 1 --record recordings/call.wav`,
    );
    expect(app.output).toContain(`provider            ${PHONE_PROVIDER}`);
    expect(app.output).toContain(`${url}${webhook}`);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    app.kill('SIGTERM');
    expect(await app.exitCode).toBe(0);
    expect(app.output).toMatch(/Stopping: no new calls/);
    expect(app.complaints).toBe('');
  },
);
