import { checkSnippets } from './check-snippets.ts';
import { readMarkdown } from './markdown.ts';
import { readDocsPages, workspaceRoot } from './pages.ts';
import { readPackageEntries, readPublicNames } from './public-names.ts';

const names = readPackageEntries(workspaceRoot).flatMap((entry) =>
  readPublicNames(workspaceRoot, entry),
);

/** The compiler reads the whole workspace, twice. */
const COMPILE_TIMEOUT_MS = 180_000;

function page(...lines: string[]) {
  return { path: 'docs/made-up.md', ...readMarkdown(lines.join('\n')) };
}

test(
  'every TypeScript snippet in the docs and the READMEs type-checks against the sources',
  () => {
    const pages = readDocsPages();
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/first-call.md', 'packages/twilio/README.md']),
    );
    expect(checkSnippets(pages, names)).toEqual([]);
  },
  COMPILE_TIMEOUT_MS,
);

test(
  'a wrong snippet is told with its page and line; what readers know need not be said',
  () => {
    const wrong = page(
      '# Made up',
      '```ts',
      'const phone = createPhone({ provider, answer: agent, pubicUrl: host });',
      'await phone.dail("+1");',
      '```',
      '<!-- snippet: declare const host: string;',
      '     declare const port: number; -->',
      '',
      '```ts',
      'const phone = createPhone({ provider, answer: agent, publicUrl: host });',
      'await servePhone(phone, { port });',
      '```',
    );
    const problems = checkSnippets([wrong], names);
    expect(problems.map(({ place, message }) => `${place} ${message}`)).toEqual([
      expect.stringMatching(/^docs\/made-up\.md:3 .*'pubicUrl'/),
      expect.stringMatching(/^docs\/made-up\.md:3 .*'host'/),
      expect.stringMatching(/^docs\/made-up\.md:4 .*'dail'/),
    ]);
  },
  COMPILE_TIMEOUT_MS,
);
