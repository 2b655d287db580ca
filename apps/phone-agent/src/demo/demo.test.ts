import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWav } from '@phone-agents/core';
import { speechRecognitionAvailability } from '@phone-agents/offline';
import { CLINIC_FILE } from '../agents/offline-agent.ts';
import type { RunningProgram } from '../test-support/run-program.ts';
import { runProgram } from '../test-support/run-program.ts';

const availability = await speechRecognitionAvailability();
const testSpeech = availability.available ? test : test.skip;
const whyNot = availability.available ? '' : ` [skipped: ${availability.reason}]`;

/** Calls are in real time; all of these tests' run at the same time. */
const DEMO_TIMEOUT_MS = 120_000;

let folder: string;
let keypad: RunningProgram;
let wrong: RunningProgram;
let telnyx: RunningProgram;
let spoken: RunningProgram | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-demo-'));
  const clinic = await readFile(CLINIC_FILE, 'utf8');
  await writeFile(join(folder, 'wrong.md'), clinic.replace('from nine in', 'from ten in'));
  const demo = (...args: string[]): RunningProgram =>
    runProgram('demo/main.ts', args, { cwd: folder });
  keypad = demo('--keypad', '--recordings', 'keypad');
  wrong = demo('--keypad', '--knowledge', 'wrong.md', '--recordings', 'wrong');
  const european = ['--provider', 'telnyx', '--codec', 'PCMA'];
  telnyx = demo('--keypad', ...european, '--recordings', 'telnyx');
  spoken = availability.available ? demo('--recordings', 'spoken') : undefined;
  await Promise.all([keypad.exitCode, wrong.exitCode, telnyx.exitCode, spoken?.exitCode]);
}, DEMO_TIMEOUT_MS);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const ROWS = ['ring to answer', 'answer to greeting', 'to first audio', 'interruption to silence'];

/** The recording that a demo names, looked at. */
async function expectRecording(program: RunningProgram, subfolder: string): Promise<void> {
  const [file = ''] = await readdir(join(folder, subfolder));
  expect(program.output).toContain(join(subfolder, file));
  const { channels, sampleRate } = decodeWav(await readFile(join(folder, subfolder, file)));
  expect(channels).toHaveLength(2);
  expect(channels[0]!.length / sampleRate).toBeGreaterThan(10);
}

/** It went through without a word of complaint, and the caller was satisfied. */
async function expectRight(program: RunningProgram): Promise<void> {
  expect([await program.exitCode, program.complaints, program.output]).toEqual([
    0,
    '',
    expect.stringMatching(/The caller got the right answers\.\n$/),
  ]);
}

test('without speech recognition the demo says so, and the caller gets the right answers by keys', async () => {
  await expectRight(keypad);
  expect(keypad.output).toContain('speech recognition: off (--keypad was given)');
  expect(keypad.output).toContain('caller: [key 1]');
  for (const row of [...ROWS, 'key to first audio']) expect(keypad.output).toContain(row);
  await expectRecording(keypad, 'keypad');
});

test('an agent that says one wrong word fails the demo', async () => {
  expect(await wrong.exitCode).toBe(1);
  expect(wrong.output).toMatch(/WRONG {2}What are your opening hours\?/);
  expect(wrong.output).toMatch(/right {2}Where can I park my car\?/);
});

test('over Telnyx, on a European line, the caller gets the same answers', async () => {
  await expectRight(telnyx);
  expect(telnyx.output).toContain("carrier: telnyx, the caller's line has PCMA");
  await expectRecording(telnyx, 'telnyx');
});

testSpeech(
  `the demo's caller asks, interrupts, and understands the right answers${whyNot}`,
  async () => {
    await expectRight(spoken!);
    expect(spoken!.output).toContain('speech recognition: on');
    for (const row of [...ROWS, 'end of speech to first audio']) {
      expect(spoken!.output).toContain(row);
    }
    await expectRecording(spoken!, 'spoken');
    expectSpoken(spoken!);
  },
);

testSpeech(
  `so does the caller of agents that talk to stand-ins of their vendors${whyNot}`,
  async () => {
    const agents = ['pipeline', 'openai'].map((agent) =>
      runProgram('demo/main.ts', ['--agent', agent], { cwd: folder }),
    );
    await Promise.all(agents.map(({ exitCode }) => exitCode));
    for (const agent of agents) {
      await expectRight(agent);
      expectSpoken(agent);
    }
    const [pipeline, openai] = agents;
    expect(pipeline!.output).toContain('agent: pipeline, with stand-ins of Deepgram, ElevenLabs');
    expect(openai!.output).toContain("agent: openai, with a stand-in of OpenAI's Realtime API");
  },
  DEMO_TIMEOUT_MS,
);

function expectSpoken({ output }: RunningProgram): void {
  expect(output).toContain('caller: what are your opening hours');
  expect(output).toContain('[interrupted]');
  expect(output).toContain('we are open from monday to friday');
}

test.each([
  [['--sing'], /--sing[^]*--keypad/],
  [['--provider', 'pigeon'], /no provider "pigeon"[^]*--keypad/],
  [['--provider', 'telnyx', '--codec', 'MP3'], /no codec "MP3"/],
  [['--codec', 'PCMA'], /--provider telnyx/],
  [['--agent', 'human'], /--agent must be offline, pipeline, openai[^]*--keypad/],
] as const)('%j is told as wrong, with the usage', async (args, complaint) => {
  const program = runProgram('demo/main.ts', args, { cwd: folder });
  expect(await program.exitCode).toBe(2);
  expect(program.complaints).toMatch(complaint);
});
