import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { workspaceRoot } from './node-runtime.mjs';

// The names are put together here, or Nx would take these strings for imports of this folder.
const scope = '@phone-agents';

/**
 * What the boundary rule says of each text, as if it stood in the file. In a process of its own, because the rule
 * keeps the project graph in globals.
 *
 * @param {{ file: string; text: string }[]} cases
 * @returns {string[][]} The messages, in the order of the cases.
 */
function lint(cases) {
  const program = `
    import { ESLint } from 'eslint';
    // The rule reads the path of ESLint's program to know that this is no editor.
    process.argv[1] = 'node_modules/eslint/bin/eslint.js';
    const eslint = new ESLint({
      ruleFilter: ({ ruleId }) => ruleId === '@nx/enforce-module-boundaries',
      // The rule needs no types, and the files need not exist.
      overrideConfig: { languageOptions: { parserOptions: { project: null } } },
    });
    const messages = [];
    for (const { file, text } of ${JSON.stringify(cases)}) {
      const [result] = await eslint.lintText(text, { filePath: file });
      messages.push(result.messages.map(({ message }) => message.split('\\n')[0]));
    }
    process.stdout.write('\\n' + JSON.stringify(messages));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: workspaceRoot,
    encoding: 'utf8',
  });
  const lastLine = stdout.slice(stdout.lastIndexOf('\n') + 1);
  if (lastLine === '') {
    throw new Error(stderr);
  }
  return JSON.parse(lastLine);
}

const source = 'packages/twilio/src/index.ts';
const testFile = 'packages/twilio/src/index.test.ts';
const notAllowed = expect.stringContaining('can only depend on libs tagged with');

test('lint keeps packages apart, by name and by path, and lets tests use a whole phone', () => {
  const cases = [
    { file: source, text: `import '${scope}/core';`, expected: [] },
    { file: source, text: `import '${scope}/express';`, expected: [notAllowed] },
    {
      file: source,
      text: `export const a = () => import('${scope}/simulator');`,
      expected: [notAllowed],
    },
    {
      file: source,
      text: "import '../../express/src/index.ts';",
      expected: [expect.stringContaining('cannot be imported by a relative')],
    },
    {
      file: 'packages/core/src/index.ts',
      text: `import '${scope}/twilio';`,
      expected: [expect.anything()],
    },
    {
      file: 'packages/agent/src/index.ts',
      text: `import '${scope}/offline';`,
      expected: [expect.anything()],
    },
    { file: 'packages/offline/src/index.ts', text: `import '${scope}/agent';`, expected: [] },
    { file: testFile, text: `import '${scope}/simulator';`, expected: [] },
    { file: testFile, text: `import '${scope}/express';`, expected: [] },
    { file: 'packages/express/src/index.test.ts', text: `import '${scope}/twilio';`, expected: [] },
    {
      file: 'packages/core/src/index.test.ts',
      text: `import '${scope}/twilio';`,
      expected: [expect.anything()],
    },
    {
      file: testFile,
      text: "import '../../../apps/phone-agent/src/main.ts';",
      expected: [expect.anything()],
    },
    { file: 'apps/phone-agent/src/main.ts', text: `import '${scope}/twilio';`, expected: [] },
  ];
  const messages = lint(cases.map(({ file, text }) => ({ file, text })));
  expect(cases.map(({ file, text }, index) => [file, text, messages[index]])).toEqual(
    cases.map(({ file, text, expected }) => [file, text, expected]),
  );
});
