import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KnowledgeBaseOptions } from '../indexed-knowledge-base.ts';
import { createKnowledgeBase } from '../indexed-knowledge-base.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import { createHashedEmbeddingModel } from '../testing/hashed-embedding-model.ts';
import { knowledgeConformanceCases } from '../testing/knowledge-conformance.ts';
import { openPglite } from './pglite-client.ts';
import type { PostgresClient } from './postgres-client.ts';
import { createPostgresKnowledgeBase } from './postgres-knowledge-base.ts';
import { PostgresPassageStore } from './postgres-passage-store.ts';

let database: PostgresClient;
let count = 0;
beforeAll(async () => {
  database = await openPglite(undefined);
});
afterAll(async () => {
  await database.close();
});

/** One database for all cases, for it takes seconds to make; a schema for each. */
function open(options: KnowledgeBaseOptions): KnowledgeBase {
  const store = new PostgresPassageStore({
    open: async () => ({ ...database, close: async () => {} }),
    schema: `case_${count}`,
    withVectors: options.embeddingModel !== undefined,
  });
  return createKnowledgeBase(store, options);
}

const cases = knowledgeConformanceCases({
  create: async (options) => {
    count++;
    return open(options);
  },
  reopen: async (options) => open(options),
});
for (const { name, run } of cases) test(name, run);

const documents = Array.from({ length: 30 }, (_, index) => ({
  id: `d/${index}`,
  title: `Title ${index}`,
  content: `The rooms of number ${index} are painted in colour${index}.`,
}));

test('terms are counted right through all changes', async () => {
  count++;
  const knowledge = open({});
  await knowledge.add(documents);
  await knowledge.add(documents.map((document) => ({ ...document, title: 'Changed' })));
  await knowledge.remove(documents.slice(10).map(({ id }) => id));
  const rows = await database.query<{ term: string; counted: number; real: number }>(
    `select term, passages::int as counted,
      (select count(*)::int from case_${count}.passages
       where term = '' or terms @@ quote_literal(term)::tsquery) as real
     from case_${count}.terms`,
  );
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter(({ counted, real }) => counted !== real)).toEqual([]);
  expect(rows.find(({ term }) => term === '')?.counted).toBe(10);
  await knowledge.close();
});

test('what fails in the middle of a write leaves the old document whole', async () => {
  count++;
  const knowledge = open({});
  await knowledge.add(documents);
  await database.query(
    `alter table case_${count}.passages add constraint no_blue check (text not like '%blue%')`,
  );
  await expect(
    knowledge.add([
      { ...documents[0]!, content: 'A new text.' },
      { ...documents[1]!, content: 'It is blue.' },
    ]),
  ).rejects.toMatchObject({ code: 'knowledge_unavailable' });
  expect(await knowledge.search('colour0')).toMatchObject([{ documentId: 'd/0' }]);
  expect(await knowledge.search('colour1')).toMatchObject([{ documentId: 'd/1' }]);
  await knowledge.close();
});

test('vectors have an index, which is used', async () => {
  count++;
  const knowledge = open({ embeddingModel: createHashedEmbeddingModel() });
  await knowledge.add(documents);
  const [plan] = await database.transaction(async (transaction) => {
    await transaction.query('set local enable_seqscan = off');
    await transaction.query('set local enable_sort = off');
    return transaction.query<object>(
      `explain (format json) select id from case_${count}.passages
       where vector_dims(embedding) = 64
       order by embedding::vector(64) <=> $1::vector(64) limit 3`,
      [`[${new Array(64).fill(0.125).join(',')}]`],
    );
  });
  expect(JSON.stringify(plan)).toContain('passages_embedding_64');
  await knowledge.close();
});

test('tables of a newer version are left alone', async () => {
  count++;
  const first = open({});
  await first.prepare();
  await first.close();
  await database.query(`insert into case_${count}.migrations (version) values (99)`);
  const second = open({});
  await expect(second.search('rooms')).rejects.toMatchObject({
    code: 'knowledge_index_invalid',
    message: expect.stringMatching(/newer version/),
  });
  await second.close();
});

test('a folder keeps it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'phone-agents-pglite-'));
  try {
    const first = createPostgresKnowledgeBase({ dataDir });
    await first.add(documents.slice(0, 2));
    await first.close();
    const second = createPostgresKnowledgeBase({ dataDir });
    expect(await second.add(documents.slice(0, 2))).toMatchObject({ unchanged: 2 });
    expect(await second.search('colour1')).toMatchObject([{ documentId: 'd/1' }]);
    await second.close();
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('options that make no sense are refused', () => {
  const create = createPostgresKnowledgeBase;
  expect(() => create({ url: 'postgres://localhost', dataDir: 'x' })).toThrow(RangeError);
  expect(() => create({ schema: 'a b' })).toThrow(RangeError);
});
