import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { readMarkdown } from '@phone-agents/docs-check/markdown';
import { workspaceRoot } from '@phone-agents/repository/node-runtime';
import { npmAsStranger, runCommand, strangersEnvironment } from './run-command.ts';

const VITEST = '4.1.12';
const TESTED = ['core', 'agent', 'twilio', 'testing'].map((name) => `@phone-agents/${name}`);

/** An agent as a user has one; in a test its engines are not used. */
const AGENT = `import { createVoiceAgent, phoneTools } from '@phone-agents/agent';

const open = () => Promise.reject(new Error('Not for tests.'));

export const agent = createVoiceAgent({
  greeting: 'Hello, this is the AI assistant of the library.',
  instructions: 'You answer questions about the library.',
  model: 'openai/gpt-5-mini',
  tts: { sampleRate: 16_000, synthesize: () => { throw new Error('Not for tests.'); } },
  stt: { sampleRate: 16_000, open },
  vad: { sampleRate: 16_000, tailMs: 100, open },
  tools: (context) => phoneTools(context, { destinations: { desk: 'People who can help.' } }),
});
`;

/** A test that can not fail proves nothing. */
const FAILING = `
test('an agent that says something else fails its test', async () => {
  await using caller = await callAgent(agent, { model: scriptedModel([]) });
  await caller.hears(/a word that nobody says/, { withinMs: 3_000 });
});
`;

/** What Jest and Vitest both write with their JSON reporters. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly failureMessages?: readonly string[] }[];
  }[];
}

/**
 * Tests an agent as users of `@phone-agents/testing` do, with the packed packages: the tests that README
 * and docs show, under Jest with the configuration that the README shows, as ES modules and as CommonJS,
 * and under Vitest.
 *
 * @throws Error that says what went wrong.
 */
export async function checkUsersTests(
  archives: ReadonlyMap<string, string>,
  folder: string,
): Promise<void> {
  const dependencies = {
    ...Object.fromEntries(TESTED.map((name) => [name, `file:${archives.get(name) ?? 'unpacked'}`])),
    ...versionsOf('packages/testing', ['ai', 'zod']),
    ...versionsOf('.', ['jest', '@swc/core', '@swc/jest']),
    vitest: VITEST,
  };
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  );
  await npmAsStranger(['install', '--prefer-offline', '--no-audit', '--no-fund'], folder);
  const readme = blocksOf('packages/testing/README.md');
  const shown = [readme, blocksOf('docs/testing.md')].map((blocks) => {
    const test = blocks.find(({ text }) => text.includes('\ntest('));
    if (test === undefined) throw new Error('A page shows no test any more.');
    return test.text.replace(/^import .*\n/gm, '');
  });
  const tests = `import { callAgent, scriptedModel } from '@phone-agents/testing';
import { agent } from './agent.ts';
${shown.join('\n')}${FAILING}`;
  const config = readme.find(({ marks }) => marks.includes('file=jest.config.mjs'));
  if (config === undefined) throw new Error('The README shows no jest.config.mjs any more.');
  const writeProject = (name: string, files: Readonly<Record<string, string>>): string => {
    const project = join(folder, name);
    mkdirSync(project);
    for (const [file, text] of Object.entries({ 'agent.ts': AGENT, ...files })) {
      writeFileSync(join(project, file), text);
    }
    return project;
  };
  const jest = ['--experimental-vm-modules', '../node_modules/jest/bin/jest.js', '--json'];
  await runTests(
    writeProject('jest', { 'library.test.ts': tests, 'jest.config.mjs': config.text }),
    jest,
  );
  await runTests(
    writeProject('jest-commonjs', {
      'package.json': '{}',
      'library.test.ts': tests,
      'jest.config.mjs': config.text
        .replace(/^.*extensionsToTreatAsEsm.*\n/m, '')
        .replace("'es6'", "'commonjs'"),
    }),
    jest,
  );
  await runTests(
    writeProject('vitest', {
      'library.test.ts': `import { expect, test } from 'vitest';\n${tests}`,
    }),
    ['../node_modules/vitest/vitest.mjs', 'run', '--reporter=json'],
  );
}

async function runTests(project: string, args: readonly string[]): Promise<void> {
  const reportFile = join(project, 'report.json');
  const { output, succeeded } = await runCommand(
    process.execPath,
    // The machine may be busy with other checks.
    [...args, '--testTimeout=30000', `--outputFile=${reportFile}`],
    { cwd: project, environment: strangersEnvironment() },
  );
  let report: Report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  } catch {
    throw new Error(`${args.join(' ')} gave no report:\n${output}`);
  }
  const messages = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ failureMessages = [] }) => failureMessages);
  const asExpected =
    !succeeded &&
    report.numPassedTests === 2 &&
    report.numFailedTests === 1 &&
    messages.some((message) => message.includes('did not say /a word that nobody says/'));
  if (!asExpected) {
    const counts = `${String(report.numPassedTests)} passed, ${String(report.numFailedTests)} failed`;
    throw new Error(
      `${args.join(' ')}: ${counts}, not 2 and 1:\n${messages.join('\n')}\n${output}`,
    );
  }
}

function blocksOf(page: string) {
  return readMarkdown(readFileSync(join(workspaceRoot, page), 'utf8')).blocks;
}

/** The versions that this workspace develops with. */
function versionsOf(folder: string, names: readonly string[]): Record<string, string> {
  const { devDependencies } = JSON.parse(
    readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> };
  return Object.fromEntries(
    names.map((name) => {
      const version = devDependencies[name];
      if (version === undefined) throw new Error(`${folder} has no ${name}`);
      return [name, version];
    }),
  );
}
