import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

// A process of its own: what Jest keeps open must not be counted.
test('hundreds of calls, ended in every way, leave no call, timer, socket or memory behind', async () => {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@phone-agents/source',
      fileURLToPath(new URL('./main.ts', import.meta.url)),
      '--calls=120',
      '--at-once=30',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(output).toContain('Nothing was left.');
  expect(output).toMatch(/remote-hung-up/);
  expect(output).toMatch(/\d+ hung-up/);
  expect(code).toBe(0);
}, 240_000);
