import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of its own: what Jest keeps open must not be counted. */
async function soak(...args: string[]): Promise<{ readonly code: number | null; output: string }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@phone-agents/source', main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, output };
}

let phone: Awaited<ReturnType<typeof soak>>;
let agent: Awaited<ReturnType<typeof soak>>;

beforeAll(async () => {
  [phone, agent] = await Promise.all([
    soak('--calls=120', '--at-once=30'),
    soak('agent', '--calls=24', '--at-once=24', '--batches=2'),
  ]);
}, 300_000);

test('hundreds of calls, ended in every way, leave no call, timer, socket or memory behind', () => {
  expect(phone.output).toContain('Nothing was left.');
  for (const reason of ['remote-hung-up', 'hung-up']) {
    expect(phone.output).toMatch(new RegExp(`\\d+ ${reason}`));
  }
  expect(phone.code).toBe(0);
});

test('nor do calls with the whole agent, its record and its telemetry', () => {
  expect(agent.output).toContain('Nothing was left.');
  for (const reason of ['remote-hung-up', 'hung-up', 'agent-hung-up', 'transferred', 'no-answer']) {
    expect(agent.output).toMatch(new RegExp(`\\d+ ${reason}`));
  }
  expect(agent.code).toBe(0);
});
