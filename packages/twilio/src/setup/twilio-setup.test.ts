import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningSetup } from '@phone-agents/core/testing';
import { startSetupProgram } from '@phone-agents/core/testing';
import { AccountServer } from '../test-support/account-server.ts';
import { twilioSetup } from './twilio-setup.ts';

const PUBLIC_URL = 'https://agent.example.test/phone';
const VOICE_URL = `${PUBLIC_URL}/twilio/voice`;
const STATUS_URL = `${PUBLIC_URL}/twilio/status`;
const NUMBER = '+15005550010';
const ACCOUNT = {
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token-of-the-account',
};

let server: AccountServer;
let folder: string;
let journal: string;
beforeAll(async () => (server = await AccountServer.start()));
beforeEach(() => {
  server.reset();
  folder = mkdtempSync(join(tmpdir(), 'twilio-setup-'));
  journal = join(folder, 'journal.json');
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => server.close());

const run = (args: readonly string[], environment: Record<string, string> = {}): RunningSetup =>
  startSetupProgram(twilioSetup, args, {
    ...ACCOUNT,
    TWILIO_API_BASE_URL: server.url,
    ...environment,
  });
const setup = (...more: string[]): RunningSetup =>
  run([
    'setup',
    '--phone-number',
    NUMBER,
    '--public-url',
    PUBLIC_URL,
    '--journal',
    journal,
    ...more,
  ]);
const teardown = () => run(['teardown', '--journal', journal]);
const number = () => server.numbers[0]!;

describe('setup', () => {
  test('sends the calls to the server, and restores what stood there when interrupted', async () => {
    const before = structuredClone(number());
    const running = setup();
    await running.standing;
    expect(number()).toMatchObject({
      voice_url: VOICE_URL,
      voice_method: 'POST',
      status_callback: STATUS_URL,
    });
    running.interrupt();
    await expect(running.code).resolves.toBe(0);
    expect(number()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
    const told = JSON.stringify([running.printed, running.complaints]);
    expect(told).not.toMatch(/5005550010|token-of-the-account/);
  });

  test.each([
    ['a TwiML app', { voice_application_sid: 'AP1' }],
    ['a SIP trunk', { trunk_sid: 'TK1' }],
  ])('a number that %s has taken is taken from it, and given back', async (_what, taken) => {
    Object.assign(number(), taken);
    const running = setup();
    await running.standing;
    expect(number().voice_application_sid || null).toBeNull();
    expect(number().trunk_sid || null).toBeNull();
    running.interrupt();
    await expect(running.code).resolves.toBe(0);
    expect(number()).toMatchObject(taken);
  });

  test('what stood there is in the journal before it is changed, without number or token', async () => {
    const noted: string[] = [];
    server.intercept = (request) => {
      if (request.startsWith('POST')) noted.push(readFileSync(journal, 'utf8'));
      return undefined;
    };
    const running = setup();
    await running.standing;
    expect(noted).toHaveLength(1);
    expect(JSON.parse(noted[0]!)).toMatchObject({
      numberSid: 'PN1',
      previous: { voiceUrl: 'https://old.example.test/voice', voiceMethod: 'GET' },
    });
    expect(noted[0]).not.toMatch(/5005550010|token-of-the-account/);
    running.interrupt();
    await running.code;
  });

  test('a second one is refused, and leaves the first one alone', async () => {
    const first = setup();
    await first.standing;
    const second = setup();
    await expect(second.code).resolves.toBe(1);
    expect(second.complaints.join()).toContain('teardown');
    expect(number().voice_url).toBe(VOICE_URL);
    first.interrupt();
    await expect(first.code).resolves.toBe(0);
  });

  test('changes nothing for a number that is not there, or takes no voice', async () => {
    const unknown = setup('--phone-number', '+15005550099');
    await expect(unknown.code).resolves.toBe(1);
    expect(unknown.complaints.join()).toContain('no such number');
    number().capabilities.voice = false;
    const mute = setup();
    await expect(mute.code).resolves.toBe(1);
    expect(mute.complaints.join()).toContain('no voice calls');
    expect(server.requests.every((request) => request.startsWith('GET'))).toBe(true);
    expect(existsSync(journal)).toBe(false);
  });

  test('what cannot be restored stays in the journal, for teardown', async () => {
    const running = setup();
    await running.standing;
    const body = { code: 20500, message: 'Internal error', status: 400 };
    server.intercept = (request) =>
      request.startsWith('POST') ? { status: 400, body } : undefined;
    running.interrupt();
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints.join()).toContain('run teardown');
    server.intercept = () => undefined;
    await expect(teardown().code).resolves.toBe(0);
    expect(number().voice_url).toBe('https://old.example.test/voice');
  });
});

describe('teardown', () => {
  test('without a journal has nothing to do', async () => {
    const running = teardown();
    await expect(running.code).resolves.toBe(0);
    expect(running.printed.join()).toContain('nothing');
    expect(server.requests).toEqual([]);
  });

  async function leaveBehind(): Promise<void> {
    const running = setup();
    await running.standing;
    const text = readFileSync(journal, 'utf8');
    running.interrupt();
    await running.code;
    writeFileSync(journal, text);
  }

  test('leaves a number alone whose calls were sent elsewhere since', async () => {
    await leaveBehind();
    number().voice_url = 'https://new.example.test/voice';
    const running = teardown();
    await expect(running.code).resolves.toBe(0);
    expect(running.printed.join()).toContain('elsewhere');
    expect(number().voice_url).toBe('https://new.example.test/voice');
    expect(existsSync(journal)).toBe(false);
  });

  test('is content with a number that is restored already, or has left the account', async () => {
    await leaveBehind();
    await expect(teardown().code).resolves.toBe(0);
    await leaveBehind();
    server.numbers = [];
    const gone = teardown();
    await expect(gone.code).resolves.toBe(0);
    expect(gone.printed.join()).toContain('not in the account');
  });

  test.each(['{', '[]', '{"version":2}', '{"version":1,"numberSid":"PN1","voiceUrl":"x"}'])(
    'touches nothing for a file that is no journal: %s',
    async (text) => {
      writeFileSync(journal, text);
      const running = teardown();
      await expect(running.code).resolves.toBe(1);
      expect(running.complaints.join()).toContain('no journal');
      expect(readFileSync(journal, 'utf8')).toBe(text);
      expect(server.requests).toEqual([]);
    },
  );
});

describe('check', () => {
  let site: Server;
  let siteUrl: string;
  let status: number;
  beforeAll(async () => {
    site = createServer((_request, response) => response.writeHead(status).end());
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  });
  beforeEach(() => (status = 403));
  afterAll(() => {
    site.closeAllConnections();
    site.close();
  });

  const check = (...more: string[]) =>
    run(['check', '--phone-number', NUMBER, '--public-url', siteUrl, ...more]);

  test('is content with a number whose calls reach a server that refuses strangers', async () => {
    number().voice_url = `${siteUrl}/twilio/voice`;
    number().status_callback = `${siteUrl}/twilio/status`;
    const running = check();
    await expect(running.code).resolves.toBe(0);
    expect(running.printed).toEqual(['Calls to the number come in at your server.']);
    expect(server.requests).toEqual(['GET numbers']);
  });

  test('names everything that is wrong, and what to change', async () => {
    status = 404;
    number().voice_application_sid = 'AP1';
    number().capabilities.voice = false;
    const running = check();
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints).toEqual([
      expect.stringContaining('capability Voice'),
      expect.stringContaining('TwiML app'),
      expect.stringContaining(`set it to ${siteUrl}/twilio/voice`),
      expect.stringContaining('answers 404'),
    ]);
    expect(running.printed.join()).toContain(`${siteUrl}/twilio/status`);
  });

  test('names a trunk, a number that is missing, and a server that is not there', async () => {
    number().trunk_sid = 'TK1';
    const trunk = check();
    await trunk.code;
    expect(trunk.complaints.join()).toContain('SIP trunk');
    // Nothing listens on the discard port of a test machine.
    const missing = check('--phone-number', '+15005550099', '--public-url', 'http://127.0.0.1:9');
    await expect(missing.code).resolves.toBe(1);
    expect(missing.complaints).toEqual([
      expect.stringContaining('no such number'),
      expect.stringContaining('cannot be reached'),
    ]);
  });

  test('tells of wrong and of missing credentials', async () => {
    const body = { code: 20003, message: 'Authenticate', status: 401 };
    server.intercept = () => ({ status: 401, body });
    const wrong = check();
    await expect(wrong.code).resolves.toBe(1);
    expect(wrong.complaints.join()).toMatch(/TWILIO_AUTH_TOKEN/);
    const missing = run(['check', '--phone-number', NUMBER, '--public-url', siteUrl], {
      TWILIO_AUTH_TOKEN: '',
    });
    await expect(missing.code).resolves.toBe(1);
    expect(missing.complaints.join()).toContain('TWILIO_AUTH_TOKEN');
  });
});

test.each([
  [[], 'A command is missing'],
  [['dance'], 'There is no command "dance"'],
  [['setup', '--public-url', PUBLIC_URL], '--phone-number is missing'],
  [['setup', '--phone-number', NUMBER], '--public-url is missing'],
  [['setup', '--phone-number', '5550020', '--public-url', PUBLIC_URL], 'E.164'],
  [['check', '--colour'], 'colour'],
])('%j is wrong usage', async (args, complaint) => {
  const running = run(args);
  await expect(running.code).resolves.toBe(2);
  expect(running.complaints.join()).toContain(complaint);
  expect(server.requests).toEqual([]);
});
