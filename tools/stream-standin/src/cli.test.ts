import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StreamClient } from '@stream-io/node-sdk';

const cli = fileURLToPath(new URL('cli.ts', import.meta.url));

test('the program prints address and keys that work, and ends when it is told to', async () => {
  const program = spawn(
    process.execPath,
    ['--conditions=@phone-agents/source', cli, '--port', '0', '--user', 'anna'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(program, 'exit');
  const printed = new Map<string, string>();
  for await (const line of createInterface(program.stdout)) {
    const [name = '', value = ''] = line.split(/=(.*)/);
    printed.set(name, value);
    if (line.includes('running')) break;
  }
  const {
    STREAM_BASE_URL = '',
    STREAM_API_KEY = '',
    STREAM_API_SECRET = '',
  } = Object.fromEntries(printed);
  const client = new StreamClient(STREAM_API_KEY, STREAM_API_SECRET, {
    basePath: STREAM_BASE_URL,
    timeout: 10_000,
  });
  const { users } = await client.upsertUsers([{ id: 'anna', name: 'Anna' }]);
  expect(users['anna']).toMatchObject({ id: 'anna', name: 'Anna' });
  expect(printed.get('STREAM_USER_TOKEN')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  program.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
