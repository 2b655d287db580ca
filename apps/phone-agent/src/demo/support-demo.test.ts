import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { speechRecognitionAvailability } from '@phone-agents/offline';
import { runProgram } from '../test-support/run-program.ts';

const availability = await speechRecognitionAvailability();
const testSpeech = availability.available ? test : test.skip;
const whyNot = availability.available ? '' : ` [skipped: ${availability.reason}]`;

/** A call of five questions, in real time. */
const DEMO_TIMEOUT_MS = 240_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-support-demo-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

testSpeech(
  `a caller asks five questions by voice, and hears what the documents say and that the last is not known${whyNot}`,
  async () => {
    const program = runProgram('demo/main.ts', ['--scenario', 'support'], { cwd: folder });
    expect([await program.exitCode, program.complaints, program.output]).toEqual([
      0,
      '',
      expect.stringMatching(/The caller got the right answers\.\n$/),
    ]);
    expect(program.output.match(/^ {2}right {2}/gm)).toHaveLength(5);
    expect(program.output).toContain('[searchKnowledge (support/documents/records.html');
    expect(program.output).toContain('put you through to the front desk?');
    expect(await readdir(join(folder, 'recordings'))).toEqual([
      expect.stringMatching(/^demo-.*-support\.wav$/),
    ]);
  },
  DEMO_TIMEOUT_MS,
);

test('a scenario that there is not is told, with the usage', async () => {
  const program = runProgram('demo/main.ts', ['--scenario', 'opera'], { cwd: folder });
  expect(await program.exitCode).toBe(2);
  expect(program.complaints).toMatch(/--scenario must be first-call or support/);
});
