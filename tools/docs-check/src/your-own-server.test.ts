import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTwilioCarrier, untilQuiet } from '@phone-agents/simulator';
import { sourceFlags } from '@phone-agents/repository/node-runtime';
import { fileNameOf, readMarkdown } from './markdown.ts';
import { workspaceRoot } from './pages.ts';

/** What the page's servers believe to be their address, where nothing is set. */
const PUBLIC_URL = 'https://agent.example.com';

let folder: string;

beforeAll(async () => {
  // Inside the workspace, so that its packages are found; Node runs no TypeScript below node_modules.
  const parent = join(workspaceRoot, 'tools', 'docs-check', '.pages');
  await mkdir(parent, { recursive: true });
  folder = await mkdtemp(join(parent, 'your-own-server-'));
  const page = await readFile(join(workspaceRoot, 'docs', 'your-own-server.md'), 'utf8');
  for (const block of readMarkdown(page).blocks) {
    const name = fileNameOf(block);
    if (name !== undefined) await writeFile(join(folder, name), block.text);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test.each(['plain-phone.ts', 'express-server.ts', 'node-server.ts'])(
  '%s of the page answers a call, reacts to a key, and lets nobody else in',
  async (file) => {
    const carrier = await createTwilioCarrier();
    const server = spawn(process.execPath, [...sourceFlags, join(folder, file)], {
      env: { PATH: process.env['PATH'], PORT: '0', ...carrier.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stopped = once(server, 'close');
    let output = '';
    const collect = (data: Buffer): void => void (output += data.toString());
    server.stdout.on('data', collect);
    server.stderr.on('data', collect);
    try {
      while (!/port: \d+/.test(output)) {
        await Promise.race([
          once(server.stdout, 'data'),
          stopped.then(() => Promise.reject(new Error(`It ended: ${output}`))),
        ]);
      }
      const url = `http://127.0.0.1:${/port: (\d+)/.exec(output)![1]}`;
      const unsigned = await fetch(`${url}/twilio/voice`, {
        method: 'POST',
        body: new URLSearchParams({ CallSid: 'CA1' }),
      });
      expect([unsigned.status, await unsigned.text()]).toEqual([
        403,
        expect.not.stringMatching(/\bat /),
      ]);

      carrier.configureNumber({ webhookUrl: url, publicUrl: PUBLIC_URL });
      const call = await carrier.placeCall();
      expect(await call.connected).toBe(true);
      expect(await untilQuiet(call, { quietMs: 400 })).toBe(true);
      const greetingMs = call.playedMs;
      call.press('7');
      expect(await untilQuiet(call, { quietMs: 400 })).toBe(true);
      expect(call.playedMs).toBeGreaterThan(greetingMs);
      expect(call.warnings).toEqual([]);
      call.hangUp();
      await call.settled;
      expect(output).not.toMatch(/rror/);
    } finally {
      server.kill();
      await stopped;
      await carrier.close();
    }
  },
  120_000,
);
