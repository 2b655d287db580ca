import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { readMarkdown } from './markdown.ts';
import { readDocsPages, workspaceRoot } from './pages.ts';

test('every link within the repository leads to a file and a heading that are there', () => {
  const broken = readDocsPages().flatMap(({ path, links, anchors }) =>
    links.flatMap(({ target, line }) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [file = '', anchor] = target.split('#', 2);
      const found = file === '' ? path : normalize(join(dirname(path), decodeURI(file)));
      const absolute = join(workspaceRoot, found);
      if (!existsSync(absolute)) return [`${path}:${line} ${target}: no such file`];
      if (anchor === undefined || !found.endsWith('.md')) return [];
      const there = file === '' ? anchors : readMarkdown(readFileSync(absolute, 'utf8')).anchors;
      return there.has(anchor) ? [] : [`${path}:${line} ${target}: no such heading`];
    }),
  );
  expect(broken).toEqual([]);
});

test('headings get the anchors that GitHub makes', () => {
  const { anchors } = readMarkdown(
    '# 1. A call, on `your` desk\n## What?\n## What?\n## A [link](x)',
  );
  expect([...anchors]).toEqual(['1-a-call-on-your-desk', 'what', 'what-1', 'a-link']);
});
