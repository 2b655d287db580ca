import type { KnowledgeBase } from '../knowledge-base.ts';
import type { QdrantStandIn } from '../testing/qdrant-stand-in.ts';
import { startQdrantStandIn } from '../testing/qdrant-stand-in.ts';
import { createHashedEmbeddingModel } from '../testing/hashed-embedding-model.ts';
import { knowledgeConformanceCases } from '../testing/knowledge-conformance.ts';
import { createQdrantKnowledgeBase } from './qdrant-knowledge-base.ts';

let server: QdrantStandIn;
let count = 0;
beforeAll(async () => {
  server = await startQdrantStandIn();
});
afterEach(() => {
  server.fail();
});
afterAll(async () => {
  await server.close();
});

const open = (options: object = {}): KnowledgeBase =>
  createQdrantKnowledgeBase({ url: server.url, collection: `case-${count}`, ...options });

const subject = {
  create: async (options: object) => {
    count++;
    return open(options);
  },
  reopen: async (options: object) => open(options),
  canChangeModel: false,
};
for (const { name, run } of knowledgeConformanceCases(subject)) test(name, run);

const documents = Array.from({ length: 70 }, (_, index) => ({
  id: `d/${index}`,
  title: `Title ${index}`,
  content: `The rooms of number ${index} are painted in colour${index}.`,
}));
/** One that takes several requests to write. */
const longDocument = {
  id: 'long',
  title: 'Long',
  content: Array.from({ length: 100 }, (_, index) => ({
    headings: [`Chapter ${index}`],
    text: 'Everything about whales.',
  })),
};

test('a document of which only a part could be written is not found, nor its old self lost', async () => {
  count++;
  const knowledge = open();
  await knowledge.add([{ ...longDocument, content: 'Everything about dolphins.' }]);
  const { length } = server.requests;
  server.fail(/points\/batch$/);
  await expect(knowledge.add([longDocument])).rejects.toMatchObject({
    code: 'knowledge_unavailable',
    message: expect.stringMatching(/HTTP 500/),
  });
  const upserts = server.requests
    .slice(length)
    .filter((name) => /^PUT .*points$/.test(name)).length;
  expect(upserts).toBeGreaterThan(1);
  expect(await knowledge.search('whale')).toEqual([]);
  expect(await knowledge.search('dolphin')).toHaveLength(1);
  server.fail();
  expect(await knowledge.add([longDocument])).toMatchObject({ updated: 1 });
  expect(await knowledge.search('dolphin')).toEqual([]);
  expect(await knowledge.statistics()).toEqual({ documents: 1, passages: 100 });
  await knowledge.close();
});

test('documents of equal content are kept apart', async () => {
  count++;
  const knowledge = open();
  const same = { title: 'Same', content: 'The same text.' };
  await knowledge.add([
    { id: 'a', ...same },
    { id: 'b', ...same },
  ]);
  await knowledge.add([
    { id: 'a', title: 'Same', content: 'Another text.' },
    { id: 'c', ...same },
  ]);
  expect((await knowledge.documentIds()).sort()).toEqual(['a', 'b', 'c']);
  expect(await knowledge.statistics()).toEqual({ documents: 3, passages: 3 });
  await knowledge.close();
});

test('a model with longer vectors is told to take another collection, and nothing is changed', async () => {
  count++;
  const first = open({ embeddingModel: createHashedEmbeddingModel() });
  await first.add(documents);
  await first.close();
  const second = open({ embeddingModel: createHashedEmbeddingModel({ dimensions: 32 }) });
  await expect(second.add(documents)).rejects.toMatchObject({
    code: 'knowledge_index_invalid',
    message: expect.stringMatching(/another collection/),
  });
  expect(await second.search('colour7')).toMatchObject([{ documentId: 'd/7' }]);
  await second.close();
});

test('a collection of someone else is left alone', async () => {
  await fetch(`${server.url}/collections/theirs`, {
    method: 'PUT',
    body: JSON.stringify({ vectors: { size: 3, distance: 'Dot' } }),
  });
  const knowledge = open({ collection: 'theirs' });
  await expect(knowledge.add(documents)).rejects.toMatchObject({ code: 'knowledge_index_invalid' });
  await knowledge.close();
});

test('nothing is asked before it is used, and an empty one is empty', async () => {
  count++;
  const { length } = server.requests;
  const knowledge = open();
  expect(server.requests).toHaveLength(length);
  expect(await knowledge.search('rooms')).toEqual([]);
  expect(await knowledge.documentIds()).toEqual([]);
  expect(await knowledge.statistics()).toEqual({ documents: 0, passages: 0 });
  await knowledge.close();
});

test('a server that is down, or refuses the key, is told in words', async () => {
  const gone = await startQdrantStandIn();
  await gone.close();
  const down = createQdrantKnowledgeBase({ url: gone.url });
  await expect(down.search('rooms')).rejects.toMatchObject({
    code: 'knowledge_unavailable',
    message: expect.stringMatching(/nothing listens/),
  });
  await down.close();
  const locked = await startQdrantStandIn('the-right-key');
  for (const [apiKey, expected] of [
    ['the-wrong-key', /refuses the API key/],
    ['the-right-key', undefined],
  ] as const) {
    const knowledge = createQdrantKnowledgeBase({ url: locked.url, apiKey });
    const searching = knowledge.search('rooms');
    if (expected) await expect(searching).rejects.toThrow(expected);
    else expect(await searching).toEqual([]);
    await knowledge.close();
  }
  await locked.close();
});

test('a name that is none is refused', () => {
  expect(() => open({ collection: 'a/b' })).toThrow(RangeError);
});

const liveUrl = process.env['QDRANT_URL'];
const testLive = liveUrl === undefined ? test.skip : test;
const run = `live-${Date.now()}`;
let liveCount = 0;
const live = (options: object): KnowledgeBase =>
  createQdrantKnowledgeBase({
    url: liveUrl ?? '',
    apiKey: process.env['QDRANT_API_KEY'],
    collection: `${run}-${liveCount}`,
    ...options,
  });
const liveCases = knowledgeConformanceCases({
  create: async (options) => {
    liveCount++;
    return live(options);
  },
  reopen: async (options) => live(options),
  canChangeModel: false,
});
testLive(
  `a live server passes the same cases${liveUrl === undefined ? ' [skipped: QDRANT_URL is not set]' : ''}`,
  async () => {
    for (const { name, run: runCase } of liveCases) {
      await runCase().catch((cause: unknown) => {
        throw new Error(name, { cause });
      });
      await fetch(`${liveUrl}/collections/${run}-${liveCount}`, { method: 'DELETE' });
    }
  },
);
