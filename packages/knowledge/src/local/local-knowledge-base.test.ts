import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createHashedEmbeddingModel } from '../testing/hashed-embedding-model.ts';
import { knowledgeConformanceCases } from '../testing/knowledge-conformance.ts';
import { createLocalKnowledgeBase } from './local-knowledge-base.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-agents-local-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
const pathOf = (number: number): string => join(folder, 'below', `index-${number}.jsonl`);

const cases = knowledgeConformanceCases({
  create: async (options) => createLocalKnowledgeBase({ path: pathOf(++count), ...options }),
  reopen: async (options) => createLocalKnowledgeBase({ path: pathOf(count), ...options }),
});
for (const { name, run } of cases) test(name, run);

const documents = Array.from({ length: 20 }, (_, index) => ({
  id: `d/${index}`,
  title: `Title ${index}`,
  content: `The rooms of number ${index} are painted in colour${index}.`,
}));

test('without a path nothing is written', async () => {
  const knowledge = createLocalKnowledgeBase();
  await knowledge.add(documents);
  expect(await knowledge.search('colour7')).toMatchObject([{ documentId: 'd/7' }]);
  await knowledge.close();
});

test.each([
  ['cut off', (text: string) => text.slice(0, text.length - 30)],
  ['cut off behind a line', (text: string) => text.split('\n').slice(0, 5).join('\n')],
  ['damaged in the middle', (text: string) => text.replace('"d/7"', '"d/7')],
  ['something else', () => '{"name":"package"}\n'],
  ['of another version', (text: string) => text.replace('"version":1', '"version":99')],
  ['longer than its end', (text: string) => `${text}{}\n`],
  ['empty', () => ''],
])('a file that is %s is refused, named, and left as it is', async (_, damage) => {
  const path = pathOf(++count);
  const first = createLocalKnowledgeBase({ path });
  await first.add(documents);
  await first.close();
  const damaged = damage(await readFile(path, 'utf8'));
  await writeFile(path, damaged);
  const second = createLocalKnowledgeBase({ path });
  await expect(second.search('rooms')).rejects.toMatchObject({
    code: 'knowledge_index_invalid',
    message: expect.stringContaining(path),
  });
  await expect(second.add(documents)).rejects.toMatchObject({ code: 'knowledge_index_invalid' });
  await second.close();
  expect(await readFile(path, 'utf8')).toBe(damaged);
});

test('a file that cannot be written is told, and nothing is left behind', async () => {
  const path = pathOf(++count);
  await writeFile(join(folder, 'file'), 'no folder');
  const knowledge = createLocalKnowledgeBase({ path: join(folder, 'file', 'index.jsonl') });
  await expect(knowledge.prepare()).rejects.toMatchObject({ code: 'knowledge_index_invalid' });
  await knowledge.close();
  const good = createLocalKnowledgeBase({ path });
  await good.add(documents);
  await good.close();
  expect((await readdir(join(folder, 'below'))).filter((name) => name.endsWith('.tmp'))).toEqual(
    [],
  );
});

test('an import whose end cannot be written is told, and the file is as it was', async () => {
  const path = pathOf(++count);
  const knowledge = createLocalKnowledgeBase({ path });
  await knowledge.prepare();
  // What cannot be replaced by a file stands for a disk that is full.
  await mkdir(join(path, 'in the way'), { recursive: true });
  await expect(knowledge.add(documents)).rejects.toMatchObject({
    code: 'knowledge_unavailable',
    message: expect.stringMatching(/What was there before is unchanged/),
  });
  expect(await readdir(dirname(path))).not.toContainEqual(expect.stringMatching(/\.tmp$/));
  await rm(path, { recursive: true });
  await knowledge.remove(['d/0']);
  await knowledge.close();
  const again = createLocalKnowledgeBase({ path });
  expect(await again.statistics()).toEqual({ documents: 19, passages: 19 });
  await again.close();
});

test('a reader sees the old file or the new one while it is written, never a half', async () => {
  const path = pathOf(++count);
  const writer = createLocalKnowledgeBase({ path });
  await writer.add(documents);
  const writing = (async () => {
    for (let round = 0; round < 20; round++) {
      await writer.add([{ id: 'round', title: 'Round', content: `Round ${round}.` }]);
    }
  })();
  let isDone = false;
  void writing.finally(() => (isDone = true));
  while (!isDone) {
    const reader = createLocalKnowledgeBase({ path });
    expect((await reader.statistics()).documents).toBeGreaterThanOrEqual(20);
    await reader.close();
  }
  await writing;
  await writer.close();
});

test('vectors come back from the file as they were', async () => {
  const path = pathOf(++count);
  const embeddingModel = createHashedEmbeddingModel();
  const first = createLocalKnowledgeBase({ path, embeddingModel });
  await first.add(documents);
  const before = await first.search('what colour are the rooms');
  await first.close();
  const second = createLocalKnowledgeBase({ path, embeddingModel });
  expect(await second.search('what colour are the rooms')).toEqual(before);
  await second.close();
  expect(embeddingModel.requests).toEqual([20, 1, 5, 1, 5]);
});
