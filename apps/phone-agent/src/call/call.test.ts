import type { EdgeParticipant } from '@phone-agents/core';
import { silentLogger } from '@phone-agents/core';
import type { RunningServer } from '../server.ts';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';
import { runProgram } from '../test-support/run-program.ts';
import { isDialCommand, readDialCommand } from './dial-command.ts';
import { followCall } from './follow-call.ts';

const API_TOKEN = 'a-token-of-these-tests';
const quiet: EdgeParticipant = {
  join: () => Promise.resolve({ close: () => Promise.resolve() }),
};

let server: RunningServer;
beforeAll(async () => {
  const settings = readSettings({ PORT: '0', API_TOKEN, OUTBOUND_COUNTRIES: 'US' });
  server = await startServer(settings, { agent: quiet, logger: silentLogger });
});
afterAll(() => server.close());

/** Follows a call until it has ended; `onLine` may hang up. */
async function follow(to: string, onLine: (line: string, hangUp: () => void) => void = () => {}) {
  const hangUp = new AbortController();
  const printed: string[] = [];
  const complaints: string[] = [];
  const command = readDialCommand(['--to', to, '--server', `${server.url}/`], { API_TOKEN });
  const code = await followCall(command, {
    print: (line) => {
      printed.push(line);
      onLine(line, () => hangUp.abort());
    },
    complain: (line) => void complaints.push(line),
    signal: hangUp.signal,
  });
  return { code, printed, complaints };
}

test('a number alone is called out to; an address is rung at', () => {
  expect(isDialCommand(['--to', '+12025550123'])).toBe(true);
  expect(isDialCommand(['--to=+12025550123', '--server', 'http://127.0.0.1:1'])).toBe(true);
  expect(isDialCommand(['http://127.0.0.1:8000', '--to', '+12025550123'])).toBe(false);
  expect(isDialCommand(['--help'])).toBe(false);
});

test('the call is followed until it has ended, and Ctrl-C hangs up', async () => {
  const { code, printed } = await follow('+12025550123', (line, hangUp) => {
    if (line === 'streaming') hangUp();
  });
  expect(printed.at(-1)).toMatch(/^ended: hung-up, after \d+\.\d s$/);
  expect(printed).toContain('streaming');
  expect(code).toBe(0);
  expect(printed.join()).not.toContain('2025550123');
});

test('a call that the server refuses is told with its reason', async () => {
  const { code, complaints } = await follow('+18765551234');
  expect(code).toBe(1);
  expect(complaints.join()).toMatch(/^Not called: Numbers of that country are not called/);
});

test('a server that is not there, and a token that is missing, are told', async () => {
  const complaints: string[] = [];
  const command = readDialCommand(['--to', '+12025550123'], { API_TOKEN, PORT: '9' });
  const code = await followCall(command, {
    print: () => {},
    complain: (line) => void complaints.push(line),
    signal: AbortSignal.any([]),
  });
  expect([code, complaints.join()]).toEqual([1, expect.stringContaining('npm start')]);
  expect(() => readDialCommand(['--to', '+12025550123'], {})).toThrow('API_TOKEN is missing');
});

test('as a program it tells wrong usage with exit code 2', async () => {
  const environment = { API_TOKEN };
  const run = runProgram('call/main.ts', ['--to', '+1', '--dance'], { cwd: '.', environment });
  expect(await run.exitCode).toBe(2);
  expect(run.complaints).toContain('--instructions TEXT');
});
