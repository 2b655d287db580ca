import assert from 'node:assert/strict';
import type { KnowledgeDocument } from '../knowledge-base.ts';
import { ALL_DOCUMENTS, HOURS, PARKING, VACCINES } from './case-documents.ts';
import type {
  KnowledgeConformanceCase,
  KnowledgeConformanceSubject,
  WithBase,
} from './conformance-case.ts';
import { createHashedEmbeddingModel } from './hashed-embedding-model.ts';

/** What an embedding model adds. */
export function embeddingCases(
  subject: KnowledgeConformanceSubject,
  withBase: WithBase,
): KnowledgeConformanceCase[] {
  const cases = [
    {
      name: 'embeds passages once, and those of a changed document only where they changed',
      run: async () => {
        const model = createHashedEmbeddingModel();
        await withBase(
          async (knowledge) => {
            assert.equal(knowledge.retrieval, 'hybrid');
            assert.equal((await knowledge.add(ALL_DOCUMENTS)).embedded, 4);
            const [weekdays] = HOURS.content as readonly [object];
            const changed = { headings: ['Weekend'], text: 'On Sunday the surgery is closed.' };
            const report = await knowledge.add([
              { ...HOURS, content: [weekdays, changed] } as KnowledgeDocument,
            ]);
            assert.deepEqual([report.passages, report.embedded], [2, 1]);
            assert.equal((await knowledge.add(ALL_DOCUMENTS)).embedded, 1);
          },
          () => subject.create({ embeddingModel: model }),
        )();
      },
    },
    {
      name: 'finds by meaning what no word says, and by words what the model does not know',
      run: withBase(
        async (knowledge) => {
          await knowledge.add(ALL_DOCUMENTS);
          const [passage] = await knowledge.search('automobile');
          assert.equal(passage?.documentId, PARKING.id);
          assert.ok(passage.score > 0.1, `score ${passage.score}`);
          assert.equal((await knowledge.search('yellow fever'))[0]?.documentId, VACCINES.id);
        },
        () => subject.create({ embeddingModel: synonymModel() }),
      ),
    },
    {
      name: 'filters what it finds by meaning',
      run: withBase(
        async (knowledge) => {
          await knowledge.add(ALL_DOCUMENTS);
          const found = await knowledge.search('automobile', {
            filter: { metadata: { site: 'north' } },
            limit: 10,
          });
          assert.ok(found.every(({ documentId }) => documentId !== PARKING.id));
        },
        () => subject.create({ embeddingModel: synonymModel() }),
      ),
    },
    {
      name: 'takes for found by meaning what is nearer than anything is, where all texts are alike to the model',
      run: withBase(
        async (knowledge) => {
          await knowledge.add(ALL_DOCUMENTS);
          const best = async (query: string) => (await knowledge.search(query))[0];
          const unrelated = await best('crocodiles swim');
          assert.ok(unrelated && unrelated.score <= 0.4, `unrelated: ${unrelated?.score}`);
          const related = await best('automobile athenaeum');
          assert.equal(related?.documentId, PARKING.id);
          assert.ok(related.score > 0.8, `related: ${related.score}`);
        },
        () => subject.create({ embeddingModel: synonymModel(2) }),
      ),
    },
    {
      name: 'searches by words alone where the model does not answer',
      run: async () => {
        const model = createHashedEmbeddingModel();
        await withBase(
          async (knowledge) => {
            await knowledge.add(ALL_DOCUMENTS);
            model.hang();
            assert.equal((await knowledge.search('library'))[0]?.documentId, PARKING.id);
          },
          () => subject.create({ embeddingModel: model }),
        )();
      },
    },
    {
      name: 'searches by words alone where the model fails, and does not store without vectors',
      run: async () => {
        const failing = createHashedEmbeddingModel();
        const knowledge = await subject.create({ embeddingModel: failing });
        try {
          await knowledge.add(ALL_DOCUMENTS);
          failing.fail(new Error('quota'));
          assert.equal((await knowledge.search('library'))[0]?.documentId, PARKING.id);
          await assert.rejects(
            knowledge.add([{ id: 'new', title: 'New', content: 'A new text.' }]),
            { code: 'knowledge_embedding_failed' },
          );
          assert.deepEqual(await knowledge.documentIds('new'), []);
        } finally {
          await knowledge.close();
        }
      },
    },
  ];
  return subject.canChangeModel === false ? cases : [...cases, changedModelCase(subject)];
}

function changedModelCase(subject: KnowledgeConformanceSubject): KnowledgeConformanceCase {
  return {
    name: 'embeds everything again for another model, also after words alone',
    run: async () => {
      const plain = await subject.create({});
      await plain.add(ALL_DOCUMENTS);
      await plain.close();
      const first = await subject.reopen({ embeddingModel: createHashedEmbeddingModel() });
      assert.equal((await first.add(ALL_DOCUMENTS)).embedded, 4);
      await first.close();
      for (const options of [{ dimensions: 48 }, { modelId: 'another' }]) {
        const other = await subject.reopen({
          embeddingModel: createHashedEmbeddingModel(options),
        });
        try {
          // Vectors of the other model are no match, and no error.
          const [found, ...others] = await other.search('library');
          assert.deepEqual([found?.documentId, others], [PARKING.id, []]);
          assert.equal((await other.add(ALL_DOCUMENTS)).embedded, 4);
          assert.equal((await other.search('library'))[0]?.documentId, PARKING.id);
        } finally {
          await other.close();
        }
      }
    },
  };
}

/** A model that knows that an automobile is a car, and an athenaeum a library. */
function synonymModel(likeness = 0): ReturnType<typeof createHashedEmbeddingModel> {
  return createHashedEmbeddingModel({
    synonyms: { automobile: 'cars', athenaeum: 'library' },
    likeness,
  });
}
