import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileNameOf } from './markdown.ts';
import type { DocsPage } from './pages.ts';
import { workspaceRoot } from './pages.ts';
import type { PublicName } from './public-names.ts';
import { usualNames, usersModules } from './usual-names.ts';

/** Something that the compiler says of a snippet. */
export interface SnippetProblem {
  /** `docs/first-call.md:120`. */
  readonly place: string;
  readonly message: string;
}

interface Snippet {
  readonly file: string;
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly given: string;
}

const compiler = join(workspaceRoot, 'node_modules', 'typescript-native', 'bin', 'tsc');
const DIAGNOSTIC = /^([^\s(]+)\((\d+),\d+\): error (TS\d+): (.*)$/gm;
/** "Cannot find name 'x'", with and without a proposal, and as a shorthand property. */
const UNKNOWN_NAME = /(?:Cannot find name|in scope for the shorthand property) '(\w+)'/;

/**
 * Type-checks every `ts` block of the pages against the sources of this workspace, in one program.
 *
 * What a block uses and does not say is imported, where one of our packages exports it, or declared, where
 * it has a name that readers know (`agent`, `stt`: see `usual-names.ts`). Anything else is declared in a
 * comment before the block, which readers do not see:
 * `<!-- snippet: declare const orders: Map<string, string>; -->`.
 */
export function checkSnippets(
  pages: readonly DocsPage[],
  names: readonly PublicName[],
): SnippetProblem[] {
  const snippets = pages.flatMap(snippetsOf);
  // Inside the workspace, so that its packages are found; among the caches, where no tool looks.
  const cache = join(workspaceRoot, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'snippets-'));
  try {
    writeConfiguration(folder);
    for (const snippet of snippets) write(folder, snippet, '');
    const unknown = new Map<Snippet, Set<string>>();
    for (const { snippet, message } of compile(folder, snippets)) {
      const name = UNKNOWN_NAME.exec(message)?.[1];
      if (name === undefined) continue;
      unknown.set(snippet, (unknown.get(snippet) ?? new Set()).add(name));
    }
    for (const [snippet, missing] of unknown) {
      write(folder, snippet, declarationsOf(missing, names));
    }
    return compile(folder, snippets).map(({ snippet, line, message }) => ({
      place: `${snippet.path}:${line}`,
      message,
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function snippetsOf({ path, blocks }: DocsPage): Snippet[] {
  const name = path.replace(/\.md$/, '').replace(/[^\w]+/g, '-');
  return blocks
    .filter(({ language }) => language === 'ts' || language === 'typescript')
    .map((block) => ({
      file: `${name}/${fileNameOf(block) ?? `line-${block.line}.ts`}`,
      path,
      line: block.line,
      text: block.text,
      given: block.given.replaceAll(/\s*\n\s*/g, ' '),
    }));
}

function declarationsOf(missing: ReadonlySet<string>, names: readonly PublicName[]): string {
  return [...missing]
    .flatMap((wanted) => {
      const found = names.find(({ name }) => name === wanted);
      if (found) {
        return [`import ${found.isType ? 'type ' : ''}{ ${wanted} } from '${found.specifier}';`];
      }
      const type = usualNames.get(wanted);
      return type === undefined ? [] : [`declare const ${wanted}: ${type};`];
    })
    .join(' ');
}

/** Puts the code on the lines that it has in its page, and what is given before it. */
function write(folder: string, { file, line, text, given }: Snippet, more: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  const before = `export {}; ${more} ${given}`.trimEnd();
  writeFileSync(join(folder, file), `${before}${'\n'.repeat(line - 1)}${text}\n`);
}

function writeConfiguration(folder: string): void {
  const configuration = {
    extends: join(workspaceRoot, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      types: ['node', 'jest'],
      lib: ['es2023', 'esnext.disposable'],
    },
    // With the declarations of other people's modules that our sources use.
    include: ['*/*.ts', '*.d.ts', `${workspaceRoot}/packages/*/src/**/*.d.ts`],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
  writeFileSync(join(folder, 'users-modules.d.ts'), usersModules);
}

function compile(
  folder: string,
  snippets: readonly Snippet[],
): { snippet: Snippet; line: number; message: string }[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [compiler, '-p', folder, '--pretty', 'false'],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const found = [...stdout.matchAll(DIAGNOSTIC)].map(([, file, line, code, message]) => ({
    snippet: snippets.find((snippet) => snippet.file === file),
    line: Number(line),
    message: `${message} (${code})`,
  }));
  const problems = found.flatMap(({ snippet, ...rest }) => (snippet ? [{ snippet, ...rest }] : []));
  if (status !== 0 && problems.length === 0) {
    throw new Error(`The compiler failed: ${stdout}${stderr}`);
  }
  return problems;
}
