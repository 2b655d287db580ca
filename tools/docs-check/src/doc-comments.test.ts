import { isDocumented, undocumentedNames } from './doc-comments.ts';
import { workspaceRoot } from './pages.ts';
import { readPackageEntries } from './public-names.ts';

test('every public name of every package has a doc comment', () => {
  const entries = readPackageEntries(workspaceRoot);
  expect(entries.map(({ specifier }) => specifier)).toEqual(
    expect.arrayContaining(['@phone-agents/core', '@phone-agents/core/testing']),
  );
  const gaps = entries.flatMap((entry) => undocumentedNames(workspaceRoot, entry));
  expect([...new Set(gaps)].sort()).toEqual([]);
});

test('a comment counts that stands right before the name, and no other', () => {
  expect(isDocumented('/** What it is. */\nexport interface Thing {}', 'Thing')).toBe(true);
  expect(
    isDocumented('/** Of both. */\nexport function a(): void;\nexport function a() {}', 'a'),
  ).toBe(true);
  expect(isDocumented('/** Other. */\nconst x = 1;\nexport interface Thing {}', 'Thing')).toBe(
    false,
  );
  expect(isDocumented('// A remark.\nexport class Thing {}', 'Thing')).toBe(false);
  expect(
    isDocumented('/** Longer. */\nexport class Things {}\nexport class Thing {}', 'Thing'),
  ).toBe(false);
});
