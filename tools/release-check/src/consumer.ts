import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import { importSpecifiers, type Manifest } from './workspace-package.ts';

/** An import must end by itself: a timer or socket that it leaves open keeps the process alive until this. */
const LOAD_TIMEOUT_MS = 30_000;

/** Loads every entry by `import` and by `require`, which must give the same objects, and starts every program. */
export async function checkLoading(folder: string, manifest: Manifest): Promise<string[]> {
  const specifiers = JSON.stringify(importSpecifiers(manifest));
  writeFileSync(
    join(folder, 'load.mjs'),
    `for (const specifier of ${specifiers}) {
  const names = Object.keys(await import(specifier));
  if (names.length === 0) throw new Error(specifier + ' exports nothing');
}
`,
  );
  writeFileSync(
    join(folder, 'load.cjs'),
    `const required = ${specifiers}.map((specifier) => [specifier, require(specifier)]);
(async () => {
  for (const [specifier, names] of required) {
    const imported = await import(specifier);
    for (const name of Object.keys(names)) {
      if (imported[name] !== names[name]) throw new Error(specifier + ' loads twice: ' + name);
    }
  }
})();
`,
  );
  const problems: string[] = [];
  for (const file of ['load.mjs', 'load.cjs']) {
    const { succeeded, output } = await runCommand(process.execPath, [file], {
      cwd: folder,
      timeoutMs: LOAD_TIMEOUT_MS,
    });
    if (!succeeded || output !== '') {
      problems.push(`${file} ${succeeded ? 'prints' : 'failed'}:\n${output}`);
    }
  }
  for (const [name, file] of Object.entries(manifest.bin ?? {})) {
    const program = join('node_modules', manifest.name, file);
    const { succeeded, output } = await runCommand(process.execPath, [program, '--help'], {
      cwd: folder,
      timeoutMs: LOAD_TIMEOUT_MS,
    });
    if (!succeeded) {
      problems.push(`${name} --help failed:\n${output}`);
    }
  }
  return problems;
}

/**
 * Type-checks a small ESM and a small CommonJS consumer, library files included.
 *
 * @param compiler The JavaScript file of TypeScript's `tsc`.
 */
export async function checkTypes(
  folder: string,
  manifest: Manifest,
  compiler: string,
): Promise<string[]> {
  const specifiers = importSpecifiers(manifest);
  const names = specifiers.map((_, index) => `entry${String(index)}`).join(', ');
  writeFileSync(
    join(folder, 'consumer.mts'),
    specifiers
      .map((specifier, index) => `import * as entry${String(index)} from '${specifier}';\n`)
      .join('') + `export const entries: object[] = [${names}];\n`,
  );
  writeFileSync(
    join(folder, 'consumer.cts'),
    specifiers
      .map((specifier, index) => `import entry${String(index)} = require('${specifier}');\n`)
      .join('') + `export const entries: object[] = [${names}];\n`,
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        lib: ['es2022'],
        module: 'nodenext',
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ['consumer.mts', 'consumer.cts'],
    }),
  );
  const { succeeded, output } = await runCommand(process.execPath, [compiler, '-p', '.'], {
    cwd: folder,
  });
  if (succeeded) return [];
  const ours = ownDiagnostics(output);
  return ours === '' ? [] : [`types:\n${ours}`];
}

/** The start of a diagnostic in a file of a package that is not ours. */
const OTHERS_FILE = /^node_modules\/(?!@phone-agents\/)/;

/**
 * What the compiler says of our declarations and of the consumer. What it says of other people's is theirs: the AI
 * SDK's, for one, name types of the browser.
 */
export function ownDiagnostics(output: string): string {
  let isOurs = true;
  return output
    .split('\n')
    .filter((line) => {
      // Lines that go on with a diagnostic are indented.
      if (!/^\s/.test(line)) isOurs = !OTHERS_FILE.test(line);
      return isOurs;
    })
    .join('\n')
    .trim();
}
