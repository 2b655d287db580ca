import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

test('the example in the README runs as it stands', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```js\n(.*?)```/s.exec(readme)?.[1];
  expect(example).toContain('createTwilioCarrier');
  const node = spawn(
    process.execPath,
    ['--conditions=@phone-agents/source', '--input-type=module', '-'],
    { cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  let output = '';
  for (const stream of [node.stdout, node.stderr])
    stream.on('data', (text) => (output += String(text)));
  node.stdin.end(example);
  const [code] = (await once(node, 'close')) as [number];
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringMatching(/pass 1\b/) as string,
  });
}, 30_000);
