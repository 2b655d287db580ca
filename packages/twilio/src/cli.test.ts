import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AccountServer } from './test-support/account-server.ts';

test('after a hard kill, teardown restores from the journal', async () => {
  const server = await AccountServer.start();
  server.reset();
  const folder = mkdtempSync(join(tmpdir(), 'twilio-cli-'));
  const start = (...args: string[]) => {
    const program = fileURLToPath(new URL('./cli.ts', import.meta.url));
    const env = {
      PATH: process.env['PATH'],
      TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_API_BASE_URL: server.url,
    };
    const child = spawn(process.execPath, ['--conditions=@phone-agents/source', program, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return { child, exited: once(child, 'exit') as Promise<[number | null, string | null]> };
  };
  try {
    const url = 'agent.example.test';
    const run = start('setup', '--phone-number', '+15005550010', '--public-url', url);
    for await (const line of createInterface(run.child.stdout)) {
      if (line.startsWith('Ctrl-C')) break;
    }
    expect(server.numbers[0]!.voice_url).toBe(`https://${url}/twilio/voice`);
    run.child.kill('SIGKILL');
    await run.exited;
    expect(existsSync(join(folder, '.phone-agents-twilio.json'))).toBe(true);
    await expect(start('teardown').exited).resolves.toEqual([0, null]);
    expect(server.numbers[0]!.voice_url).toBe('https://old.example.test/voice');
    expect(existsSync(join(folder, '.phone-agents-twilio.json'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
    await server.close();
  }
});
