import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFile } from './documents/load-file.ts';
import { loadFolder } from './documents/load-folder.ts';
import { importFolder } from './import-folder.ts';
import type { KnowledgeBase } from './knowledge-base.ts';
import { createLocalKnowledgeBase } from './local/local-knowledge-base.ts';
import { createHashedEmbeddingModel } from './testing/hashed-embedding-model.ts';
import { makePdf } from './test-support/pdf-file.ts';

let root: string;
let docs: string;
let knowledge: KnowledgeBase;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'phone-agents-import-'));
  docs = join(root, 'docs');
  await mkdir(join(docs, 'fees'), { recursive: true });
  await writeFile(join(docs, 'hours.md'), '# Opening hours\n\nWe open at eight.\n');
  await writeFile(join(docs, 'fees', 'x-ray_prices.txt'), 'An x-ray costs forty dollars.');
  await writeFile(join(docs, 'visit.html'), '<title>Your visit</title><p>Bring your card.');
  await writeFile(
    join(docs, 'handbook.pdf'),
    makePdf([[{ text: 'Cars stand behind the library.' }]]),
  );
  knowledge = createLocalKnowledgeBase();
});
afterEach(async () => {
  await knowledge.close();
  await rm(root, { recursive: true, force: true });
});

test('a folder of all kinds of files is imported, with progress, places and metadata', async () => {
  const seen: string[] = [];
  const report = await importFolder(knowledge, docs, {
    onProgress: ({ files, totalFiles, documentId }) =>
      seen.push(`${files}/${totalFiles} ${documentId}`),
  });
  expect(report).toMatchObject({ files: 4, added: 4, removed: 0, skipped: [] });
  expect(seen).toHaveLength(4);
  expect(seen[3]).toMatch(/^4\/4 /);
  expect(await knowledge.search('what does an x-ray cost')).toMatchObject([
    {
      documentId: 'docs/fees/x-ray_prices.txt',
      title: 'X ray prices',
      metadata: { type: 'txt', folder: 'fees' },
      position: { index: 0, line: 1 },
    },
  ]);
  expect((await knowledge.search('library'))[0]).toMatchObject({
    documentId: 'docs/handbook.pdf',
    position: { page: 1 },
  });
});

test('a second import reads in what changed, and forgets what is gone, in this folder only', async () => {
  await knowledge.add([{ id: 'other/kept.md', title: 'Kept', content: 'Kept.' }]);
  await importFolder(knowledge, docs);
  await writeFile(join(docs, 'hours.md'), '# Opening hours\n\nWe open at nine.\n');
  await rm(join(docs, 'visit.html'));
  expect(await importFolder(knowledge, docs, { removeMissing: false })).toMatchObject({
    added: 0,
    updated: 1,
    unchanged: 2,
    removed: 0,
  });
  expect(await importFolder(knowledge, docs)).toMatchObject({ unchanged: 3, removed: 1 });
  expect((await knowledge.documentIds()).sort()).toEqual([
    'docs/fees/x-ray_prices.txt',
    'docs/handbook.pdf',
    'docs/hours.md',
    'other/kept.md',
  ]);
});

test('a renamed file is another document, whose text need not be embedded again', async () => {
  const embeddingModel = createHashedEmbeddingModel();
  const hybrid = createLocalKnowledgeBase({ embeddingModel });
  const { embedded } = await importFolder(hybrid, docs);
  expect(embedded).toBe(4);
  await rename(join(docs, 'hours.md'), join(docs, 'fees', 'open.md'));
  expect(await importFolder(hybrid, docs)).toMatchObject({
    added: 1,
    unchanged: 3,
    removed: 1,
    embedded: 0,
  });
  expect(await hybrid.search('opening hours', { limit: 1 })).toMatchObject([
    { documentId: 'docs/fees/open.md', metadata: { folder: 'fees' } },
  ]);
  expect(await hybrid.documentIds()).not.toContain('docs/hours.md');
  await hybrid.close();
});

test('what cannot be read is skipped and named with its reason, and keeps what was known of it', async () => {
  await importFolder(knowledge, docs);
  await writeFile(join(docs, 'handbook.pdf'), '%PDF-1.4 broken');
  await writeFile(join(docs, 'hours.md'), Buffer.from('# Caf\xe9', 'latin1'));
  await writeFile(join(docs, 'picture.png'), Buffer.from([0x89, 0x50, 0, 0]));
  await writeFile(join(docs, 'noise.txt'), Buffer.from([1, 0, 2, 0]));
  await writeFile(join(docs, 'empty.md'), '  \n');
  await writeFile(join(docs, 'large.txt'), 'word '.repeat(100));
  await writeFile(join(docs, '.hidden.md'), 'hidden');
  await symlink(join(root), join(docs, 'loop'));
  const report = await importFolder(knowledge, docs, { maxBytes: 450 });
  expect(report.skipped.map(({ id, reason }) => `${id} ${reason}`)).toEqual([
    expect.stringMatching(/^docs\/empty\.md has no text/),
    expect.stringMatching(/^docs\/handbook\.pdf is a broken PDF/),
    expect.stringMatching(/^docs\/hours\.md is not UTF-8 text; save it as UTF-8/),
    expect.stringMatching(/^docs\/large\.txt has 500 bytes, and 450 is the most/),
    expect.stringMatching(/^docs\/noise\.txt is binary/),
    expect.stringMatching(/^docs\/picture\.png is none of \.md, /),
  ]);
  expect(report).toMatchObject({ unchanged: 2, removed: 0 });
  expect(await knowledge.search('when do you open')).toHaveLength(1);
});

test('a folder that is missing or empty is an error that names it, and nothing is removed', async () => {
  await importFolder(knowledge, docs);
  const missing = join(root, 'nowhere', 'docs');
  await expect(importFolder(knowledge, missing)).rejects.toMatchObject({
    code: 'knowledge_document_unreadable',
    message: expect.stringContaining(missing),
  });
  const empty = join(root, 'empty', 'docs');
  await mkdir(empty, { recursive: true });
  await expect(importFolder(knowledge, empty)).rejects.toThrow(/has no files/);
  expect((await knowledge.statistics()).documents).toBe(4);
});

test('an import that is stopped leaves whole documents', async () => {
  const controller = new AbortController();
  const importing = importFolder(knowledge, docs, {
    signal: controller.signal,
    onSkipped: () => controller.abort(new Error('enough')),
  });
  await expect(importing).resolves.toMatchObject({ added: 4 });
  await writeFile(join(docs, 'aaa.png'), 'x');
  const again = importFolder(knowledge, docs, {
    signal: controller.signal,
    onSkipped: () => controller.abort(new Error('enough')),
  });
  await expect(again).rejects.toThrow('enough');
  expect((await knowledge.statistics()).documents).toBe(4);
});

test('files and folders can be read without a knowledge base', async () => {
  expect(await loadFile(join(docs, 'hours.md'))).toMatchObject({
    id: 'hours.md',
    title: 'Opening hours',
  });
  await expect(loadFile(join(docs, 'no.md'))).rejects.toThrow(/is not there/);
  const ids: string[] = [];
  for await (const { id } of loadFolder(docs, { name: '' })) ids.push(id);
  expect(ids).toEqual(['fees/x-ray_prices.txt', 'handbook.pdf', 'hours.md', 'visit.html']);
  const ignore = (path: string): boolean => path.startsWith('fees/');
  for await (const { id } of loadFolder(docs, { ignore })) expect(id).not.toContain('fees');
});
