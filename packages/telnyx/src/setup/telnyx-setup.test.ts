import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningSetup } from '@phone-agents/core/testing';
import { startSetupProgram } from '@phone-agents/core/testing';
import { AccountServer } from '../test-support/account-server.ts';
import { telnyxSetup } from './telnyx-setup.ts';

const PUBLIC_URL = 'https://agent.example.test/phone';
const WEBHOOK_URL = `${PUBLIC_URL}/telnyx/events`;
const NUMBER = '+15005550020';

let server: AccountServer;
let folder: string;
let journal: string;
beforeAll(async () => (server = await AccountServer.start()));
beforeEach(() => {
  server.reset();
  folder = mkdtempSync(join(tmpdir(), 'telnyx-setup-'));
  journal = join(folder, 'journal.json');
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => server.close());

const run = (args: readonly string[], environment: Record<string, string> = {}): RunningSetup =>
  startSetupProgram(telnyxSetup, args, {
    TELNYX_API_KEY: 'KEY1',
    TELNYX_API_BASE_URL: server.url,
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
const teardown = (): RunningSetup => run(['teardown', '--journal', journal]);
const routedTo = (): string | null => server.numbers[0]!.connection_id;
const changes = (): string[] => server.requests.filter((request) => !request.startsWith('GET'));

describe('setup', () => {
  test('makes an application, routes the number to it, and restores both when interrupted', async () => {
    const running = setup();
    await running.standing;
    const [application] = server.applications;
    expect(application).toMatchObject({
      application_name: expect.stringMatching(/^phone-agents-[\da-f]{16}$/),
      webhook_event_url: WEBHOOK_URL,
      webhook_api_version: '2',
      active: true,
      outbound: { outbound_voice_profile_id: '9' },
    });
    expect(routedTo()).toBe(application!.id);
    expect(running.printed).toContain(`TELNYX_CALL_CONTROL_APP_ID=${application!.id}`);
    running.interrupt();
    await expect(running.code).resolves.toBe(0);
    expect(routedTo()).toBe('42');
    expect(server.applications).toEqual([]);
    expect(existsSync(journal)).toBe(false);
    expect(JSON.stringify([running.printed, running.complaints])).not.toMatch(/KEY1|5005550020/);
  });

  test('a number that was routed to nothing is routed to nothing again', async () => {
    const running = setup('--phone-number', '+15005550021');
    await running.standing;
    expect(server.numbers[1]!.connection_id).toBe(server.applications[0]!.id);
    running.interrupt();
    await running.code;
    expect(server.numbers[1]!.connection_id).toBeNull();
  });

  test('each change is in the journal before it is made', async () => {
    const noted: [string, string[]][] = [];
    server.intercept = (request) => {
      if (!request.startsWith('GET') && existsSync(journal)) {
        noted.push([request, Object.keys(JSON.parse(readFileSync(journal, 'utf8')))]);
      }
      return undefined;
    };
    const running = setup();
    await running.standing;
    const name = ['version', 'applicationName'];
    expect(noted).toEqual([
      ['POST /call_control_applications', name],
      ['PATCH /phone_numbers/7', [...name, 'applicationId', 'numberId', 'previousConnectionId']],
    ]);
    expect(readFileSync(journal, 'utf8')).not.toMatch(/KEY1|5005550020/);
    running.interrupt();
    await running.code;
  });

  test('a second one is refused, and leaves the first one alone', async () => {
    const first = setup();
    await first.standing;
    const second = setup();
    await expect(second.code).resolves.toBe(1);
    expect(second.complaints.join()).toContain('teardown');
    expect(routedTo()).toBe(server.applications[0]!.id);
    expect(existsSync(journal)).toBe(true);
    first.interrupt();
    await expect(first.code).resolves.toBe(0);
    expect(routedTo()).toBe('42');
  });

  test.each([
    ['a number that is not in the account', ['--phone-number', '+15005550099'], /no such number/],
    ['a profile that is not there', ['--outbound-profile', 'Other'], /there is "Default"/],
  ])('changes nothing for %s', async (_what, more, complaint) => {
    const running = setup(...more);
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints.join()).toMatch(complaint);
    expect(changes()).toEqual([]);
    expect(existsSync(journal)).toBe(false);
  });

  test('of several profiles one must be named', async () => {
    server.profiles.push({ id: '10', name: 'Europe', enabled: true });
    const unnamed = setup();
    await expect(unnamed.code).resolves.toBe(1);
    expect(unnamed.complaints.join()).toContain('"Default", "Europe"');
    const named = setup('--outbound-profile', 'Europe');
    await named.standing;
    expect(server.applications[0]!.outbound).toEqual({ outbound_voice_profile_id: '10' });
    named.interrupt();
    await named.code;
  });

  test('without a profile calls can come in, which it says', async () => {
    server.profiles = [{ id: '9', name: 'Off', enabled: false }];
    const running = setup();
    await running.standing;
    expect(running.printed.join()).toContain('No outbound voice profile');
    expect(server.applications[0]!.outbound).toEqual({});
    running.interrupt();
    await running.code;
  });

  test('what fails halfway is restored', async () => {
    const body = { errors: [{ code: '10015', title: 'Bad Request', detail: NUMBER }] };
    server.intercept = (request) =>
      request === 'PATCH /phone_numbers/7' ? { status: 400, body } : undefined;
    const running = setup();
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints.join()).toMatch(/^Telnyx did not route the number: .*10015/);
    expect(server.applications).toEqual([]);
    expect(existsSync(journal)).toBe(false);
  });

  test('an application that was made twice, since its first answer was lost, is removed twice', async () => {
    let isFirst = true;
    server.intercept = (request) => {
      if (!request.startsWith('POST') || !isFirst) return undefined;
      isFirst = false;
      return 'break-after';
    };
    const running = setup();
    await running.standing;
    expect(server.applications).toHaveLength(2);
    running.interrupt();
    await expect(running.code).resolves.toBe(0);
    expect(server.applications).toEqual([]);
    expect(routedTo()).toBe('42');
  });

  test('an interrupt while it is at work changes no more, and restores', async () => {
    const running = setup();
    server.intercept = (request) => {
      if (request.startsWith('POST')) running.interrupt();
      return undefined;
    };
    await expect(running.code).resolves.toBe(0);
    expect(changes()).toEqual([
      'POST /call_control_applications',
      expect.stringMatching(/^DELETE \/call_control_applications\/\d+$/),
    ]);
    expect(running.complaints).toEqual([]);
  });

  test('what cannot be restored stays in the journal, for teardown', async () => {
    const running = setup();
    await running.standing;
    const body = { errors: [{ code: '10007', title: 'Unexpected error' }] };
    server.intercept = (request) =>
      request.startsWith('PATCH') ? { status: 422, body } : undefined;
    running.interrupt();
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints.join()).toContain('run teardown');
    server.intercept = () => undefined;
    await expect(teardown().code).resolves.toBe(0);
    expect(routedTo()).toBe('42');
    expect(server.applications).toEqual([]);
  });
});

describe('teardown', () => {
  const note = (record: object): void =>
    writeFileSync(journal, JSON.stringify({ version: 1, ...record }));

  test('without a journal has nothing to do', async () => {
    const running = teardown();
    await expect(running.code).resolves.toBe(0);
    expect(running.printed.join()).toContain('nothing');
    expect(server.requests).toEqual([]);
  });

  test('knows an application by its name where its id was never noted', async () => {
    server.addApplication({ application_name: 'phone-agents-1' });
    const similar = server.addApplication({ application_name: 'phone-agents-1-mine' });
    note({ applicationName: 'phone-agents-1' });
    await expect(teardown().code).resolves.toBe(0);
    expect(server.applications).toEqual([similar]);
    expect(existsSync(journal)).toBe(false);
  });

  test.each([
    ['has been routed elsewhere since', '77', '77', /elsewhere/],
    ['was never routed after all', '42', '42', /as before/],
    ['lost its route with the application', null, '42', /as before/],
  ])('a number that %s', async (_what, now, then, line) => {
    server.numbers[0]!.connection_id = now;
    note({
      applicationName: 'phone-agents-1',
      applicationId: '1',
      numberId: '7',
      previousConnectionId: '42',
    });
    const running = teardown();
    await expect(running.code).resolves.toBe(0);
    expect(routedTo()).toBe(then);
    expect(running.printed.join()).toMatch(line);
  });

  test('a number that has left the account holds up nothing', async () => {
    note({ applicationName: 'phone-agents-1', numberId: 'gone', previousConnectionId: '42' });
    await expect(teardown().code).resolves.toBe(0);
    expect(existsSync(journal)).toBe(false);
  });

  test.each([
    '{',
    '[]',
    '{"version":2,"applicationName":"x"}',
    '{"version":1,"applicationName":7}',
  ])('touches nothing for a file that is no journal: %s', async (text) => {
    writeFileSync(journal, text);
    const running = teardown();
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints.join()).toContain('no journal');
    expect(readFileSync(journal, 'utf8')).toBe(text);
    expect(server.requests).toEqual([]);
  });
});

describe('check', () => {
  const check = (...more: string[]): RunningSetup =>
    run(['check', '--phone-number', NUMBER, '--public-url', PUBLIC_URL, ...more]);

  test('is content with a number that is routed to an application with the right address', async () => {
    const outbound = { outbound_voice_profile_id: '9' };
    const { id } = server.addApplication({ webhook_event_url: WEBHOOK_URL, outbound });
    server.numbers[0]!.connection_id = id;
    const running = check('--app-id', id);
    await expect(running.code).resolves.toBe(0);
    expect(running.printed).toEqual(['Calls to the number come in at your server.']);
    await expect(check().code).resolves.toBe(0);
    expect(changes()).toEqual([]);
  });

  test('names everything that is wrong, and what to change', async () => {
    const { id } = server.addApplication({
      active: false,
      webhook_event_url: 'https://old.example.test/telnyx/events',
      webhook_api_version: '1',
    });
    server.numbers[0]!.status = 'port-pending';
    const running = run(['check', '--public-url', PUBLIC_URL], {
      TELNYX_PHONE_NUMBER: NUMBER,
      TELNYX_CALL_CONTROL_APP_ID: id,
    });
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints).toEqual([
      expect.stringContaining('port-pending'),
      expect.stringContaining(`set its connection to ${id}`),
      expect.stringContaining('switch it on'),
      expect.stringContaining(`set it to ${WEBHOOK_URL}`),
      expect.stringContaining('set it to 2'),
    ]);
    expect(running.printed.join()).toContain('cannot be forwarded');
  });

  test('names a number that is missing or routed to nothing, and an application that is missing', async () => {
    const unknown = check('--phone-number', '+15005550099');
    await expect(unknown.code).resolves.toBe(1);
    expect(unknown.complaints.join()).toContain('no such number');
    const unrouted = check('--phone-number', '+15005550021');
    await expect(unrouted.code).resolves.toBe(1);
    expect(unrouted.complaints.join()).toContain('routed to nothing');
    const missing = check();
    await expect(missing.code).resolves.toBe(1);
    expect(missing.complaints.join()).toContain('There is no Call Control application 42');
  });

  test('tells of a wrong key', async () => {
    const body = { errors: [{ code: '10009', title: 'Authentication failed' }] };
    server.intercept = () => ({ status: 401, body });
    const running = check();
    await expect(running.code).resolves.toBe(1);
    expect(running.complaints.join()).toMatch(/TELNYX_API_KEY/);
  });
});

describe('the command line', () => {
  test('prints its usage', async () => {
    const running = run(['--help']);
    await expect(running.code).resolves.toBe(0);
    expect(running.printed.join()).toContain('teardown');
  });

  test.each([
    [[], 'A command is missing'],
    [['dance'], 'There is no command "dance"'],
    [['teardown', 'now'], '"now" is too much'],
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

  test('a missing key, or an address that is none, is named', async () => {
    const args = ['setup', '--phone-number', NUMBER, '--journal', journal];
    const keyless = run([...args, '--public-url', PUBLIC_URL], { TELNYX_API_KEY: '' });
    await expect(keyless.code).resolves.toBe(1);
    expect(keyless.complaints.join()).toContain('TELNYX_API_KEY');
    const homeless = run([...args, '--public-url', 'ftp://x']);
    await expect(homeless.code).resolves.toBe(1);
    expect(homeless.complaints.join()).toContain('publicUrl');
    expect(server.requests).toEqual([]);
  });
});
