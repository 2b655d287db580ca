import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

// A process of its own: what Jest keeps open must not be counted.
test('joining and leaving leaves no socket, timer or memory behind', async () => {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@phone-agents/source',
      fileURLToPath(new URL('./soak-main.ts', import.meta.url)),
      '--rounds=40',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(output).toContain('Nothing was left.');
  expect(code).toBe(0);
}, 240_000);
