import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workspaceRoot } from '@phone-agents/repository/node-runtime';
import { providerNames, renamed } from './provider-names.ts';
import { writeProvider } from './write-provider.ts';

const names = providerNames('Plivo');
/** Two levels below the root, as packages are; nothing looks for packages there. */
const parent = join(workspaceRoot, '.pages');
const folder = join(parent, `plivo-${process.pid}`);
const FINISHED = fileURLToPath(new URL('../finished', import.meta.url));
/** Compiler, lint and a test run of the whole conformance suite. */
const TIMEOUT_MS = 240_000;

interface JestResult {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly title: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

beforeAll(() => {
  mkdirSync(parent, { recursive: true });
  writeProvider(folder, names);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(args: readonly string[], cwd = workspaceRoot) {
  return spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NODE_NO_WARNINGS: '1', NO_COLOR: '1', NX_DAEMON: 'false' },
  });
}

const tool = (...path: string[]): string => join(workspaceRoot, 'node_modules', ...path);

/** @param only A pattern of names, to run these cases alone. */
function runConformance(only = '') {
  const result = join(folder, 'result.json');
  run(
    [
      '--experimental-vm-modules',
      tool('jest', 'bin', 'jest.js'),
      '--json',
      `--outputFile=${result}`,
      `--testNamePattern=${only}`,
    ],
    folder,
  );
  const { testResults } = JSON.parse(readFileSync(result, 'utf8')) as JestResult;
  expect(
    testResults.map(({ assertionResults, message }) => [assertionResults.length > 0, message]),
  ).toEqual([[true, expect.any(String)]]);
  return testResults[0]!.assertionResults.filter(({ status }) => status !== 'pending');
}

test('a new provider is named after its company, everywhere', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => /acme|twilio/i.test(file))).toEqual([]);
  for (const file of files.filter((name) => /\.(ts|json|md)$/.test(name))) {
    expect([file, readFileSync(join(folder, file), 'utf8')]).toEqual([
      file,
      expect.not.stringMatching(/acme|twilio/i),
    ]);
  }
  const { name, description } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  expect([name, description]).toEqual(['@phone-agents/plivo', expect.stringMatching(/^Plivo for/)]);
});

test(
  'it compiles, and is formatted',
  () => {
    const types = run([tool('typescript-native', 'bin', 'tsc'), '-p', folder]);
    expect([types.status, types.stdout]).toEqual([0, '']);
    const source = join(folder, 'src');
    const format = run([
      tool('prettier', 'bin', 'prettier.cjs'),
      '--check',
      '--ignore-path',
      '',
      source,
    ]);
    expect([format.status, format.stdout + format.stderr]).toEqual([0, expect.any(String)]);
  },
  TIMEOUT_MS,
);

test(
  'it passes lint',
  () => {
    const program = `
    import { ESLint } from 'eslint';
    const eslint = new ESLint({
      ignore: false,
      overrideConfig: { languageOptions: { parserOptions: { project: [process.argv[1]] } } },
    });
    const results = await eslint.lintFiles([process.argv[2]]);
    const problems = results.flatMap(({ filePath, messages }) =>
      messages.map(({ line, message, ruleId }) => [filePath, line, ruleId, message].join(' ')));
    process.stdout.write('\\n' + JSON.stringify([results.length > 5, problems]));
  `;
    const tsconfig = join(folder, 'tsconfig.json');
    const args = ['--input-type=module', '-e', program, tsconfig, join(folder, 'src')];
    const { stdout, stderr } = run(args);
    expect([stdout.slice(stdout.lastIndexOf('\n') + 1), stderr]).toEqual(['[true,[]]', '']);
  },
  TIMEOUT_MS,
);

test(
  'each conformance case fails by itself, and says what is to be written and where',
  () => {
    const cases = runConformance();
    expect(cases.length).toBeGreaterThan(20);
    for (const { title, status, failureMessages } of cases) {
      expect([title, status, failureMessages]).toEqual([
        title,
        'failed',
        [
          expect.stringMatching(
            /Not written yet: verifyPlivoSignature\(\) in src\/plivo-signature\.ts\. \w/,
          ),
        ],
      ]);
    }
  },
  TIMEOUT_MS,
);

test(
  'part by part, until every case passes',
  () => {
    const write = (file: string): void => {
      const text = readFileSync(join(FINISHED, file), 'utf8');
      writeFileSync(join(folder, 'src', renamed(file, names)), renamed(text, names));
    };
    write('acme-signature.ts');
    write('acme-webhook.ts');
    write('acme-media-stream.ts');
    const parts = new Set(
      runConformance().map(
        ({ failureMessages: [message = 'none'] }) => /Not written yet: (.*?)\. /.exec(message)?.[1],
      ),
    );
    const answer = (action: string) =>
      `the answer '${action}' of createPlivoAnswer() in src/plivo-answer.ts`;
    const actions = ['stream', 'reject', 'forward', 'announce'];
    expect([...parts]).toEqual(expect.arrayContaining(actions.map(answer)));
    expect([answer('hang-up'), ...actions.map(answer)]).toEqual(expect.arrayContaining([...parts]));

    write('acme-answer.ts');
    write('acme-rest.ts');
    expect(runConformance().filter(({ status }) => status !== 'passed')).toEqual([]);
  },
  TIMEOUT_MS,
);

test('names that no package can have are refused, and no folder is overwritten', () => {
  for (const name of ['', '9lives', 'two words', '../x', 'a']) {
    expect(() => providerNames(name)).toThrow(RangeError);
  }
  expect(providerNames('SignalWire')).toEqual({
    lower: 'signalwire',
    upper: 'SignalWire',
    constant: 'SIGNALWIRE',
  });
  expect(() => writeProvider(folder, names)).toThrow(/exists already/);
});
