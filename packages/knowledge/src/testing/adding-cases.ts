import assert from 'node:assert/strict';
import type { KnowledgeDocument } from '../knowledge-base.ts';
import { ALL_DOCUMENTS, HOURS, PARKING, VACCINES } from './case-documents.ts';
import type {
  KnowledgeConformanceCase,
  KnowledgeConformanceSubject,
  WithBase,
} from './conformance-case.ts';

/** What adding and removing must do. */
export function addingCases(
  subject: KnowledgeConformanceSubject,
  withBase: WithBase,
): KnowledgeConformanceCase[] {
  return [
    {
      name: 'says what it added, and that it searches by words alone without a model',
      run: withBase(async (knowledge) => {
        const seen: string[] = [];
        const report = await knowledge.add(ALL_DOCUMENTS, {
          onProgress: ({ documentId }) => seen.push(documentId),
        });
        assert.deepEqual(report, {
          added: 3,
          updated: 0,
          unchanged: 0,
          empty: [],
          passages: 4,
          embedded: 0,
        });
        assert.deepEqual(
          seen,
          ALL_DOCUMENTS.map(({ id }) => id),
        );
        assert.deepEqual(await knowledge.statistics(), { documents: 3, passages: 4 });
        assert.equal(knowledge.retrieval, 'lexical');
      }),
    },
    {
      name: 'leaves unchanged documents alone and replaces changed ones whole',
      run: withBase(async (knowledge) => {
        await knowledge.add(ALL_DOCUMENTS);
        const report = await knowledge.add([
          HOURS,
          { ...PARKING, content: 'Only bicycles may stand here.' },
        ]);
        assert.deepEqual([report.added, report.updated, report.unchanged], [0, 1, 1]);
        assert.deepEqual(await knowledge.search('library'), []);
        assert.equal((await knowledge.search('bicycle'))[0]?.documentId, PARKING.id);
        assert.deepEqual(await knowledge.statistics(), { documents: 3, passages: 4 });
      }),
    },
    {
      name: 'takes documents as they come, and keeps whole ones when the source breaks',
      run: withBase(async (knowledge) => {
        const failing = async function* (): AsyncGenerator<KnowledgeDocument> {
          for (let index = 0; index < 300; index++) {
            yield { id: `d/${index}`, title: `Number ${index}`, content: `Word${index}.` };
          }
          throw new Error('the source broke');
        };
        await assert.rejects(knowledge.add(failing()), /the source broke/);
        const { documents, passages } = await knowledge.statistics();
        assert.ok(documents >= 128 && documents <= 300, `${documents} documents were kept`);
        assert.equal(passages, documents);
      }),
    },
    {
      name: 'stops between batches when told to, and what is there can be searched',
      run: withBase(async (knowledge) => {
        const controller = new AbortController();
        const documents = Array.from({ length: 300 }, (_, index) => ({
          id: `d/${index}`,
          title: `Number ${index}`,
          content: 'A common text.',
        }));
        const adding = knowledge.add(documents, {
          signal: controller.signal,
          onProgress: () => controller.abort(new Error('enough')),
        });
        await assert.rejects(adding, /enough/);
        const { documents: kept } = await knowledge.statistics();
        assert.ok(kept > 0 && kept < 300, `${kept} documents were kept`);
        assert.equal((await knowledge.search('common', { limit: 5 })).length, 5);
      }),
    },
    {
      name: 'does not store a document without text, and removes the one that had some',
      run: withBase(async (knowledge) => {
        await knowledge.add(ALL_DOCUMENTS);
        const report = await knowledge.add([{ ...PARKING, content: ' \n ' }]);
        assert.deepEqual(report.empty, [PARKING.id]);
        assert.deepEqual(await knowledge.documentIds('clinic/'), [HOURS.id]);
      }),
    },
    {
      name: 'removes documents and lists those that are left',
      run: withBase(async (knowledge) => {
        await knowledge.add(ALL_DOCUMENTS);
        assert.equal(await knowledge.remove([PARKING.id, 'no/such.md']), 1);
        assert.deepEqual((await knowledge.documentIds()).sort(), [HOURS.id, VACCINES.id]);
        assert.deepEqual(await knowledge.search('library'), []);
        assert.deepEqual(await knowledge.statistics(), { documents: 2, passages: 3 });
      }),
    },
    {
      name: 'writes that come together are done one after the other',
      run: withBase(async (knowledge) => {
        await Promise.all([
          knowledge.add([HOURS]),
          knowledge.add([PARKING]),
          knowledge.add([VACCINES]),
          knowledge.remove([HOURS.id]),
        ]);
        assert.deepEqual(await knowledge.statistics(), { documents: 2, passages: 2 });
      }),
    },
    {
      name: 'is there again when it is opened again, with all that passages know',
      run: async () => {
        const first = await subject.create({});
        await first.add(ALL_DOCUMENTS);
        const before = await first.search('saturday', { limit: 5 });
        await first.close();
        const second = await subject.reopen({});
        try {
          assert.deepEqual(await second.search('saturday', { limit: 5 }), before);
          const { unchanged } = await second.add(ALL_DOCUMENTS);
          assert.equal(unchanged, 3);
        } finally {
          await second.close();
        }
      },
    },
    {
      name: 'refuses everything once it is closed, and may be closed twice',
      run: withBase(async (knowledge) => {
        await knowledge.add(ALL_DOCUMENTS);
        await knowledge.close();
        await knowledge.close();
        await assert.rejects(knowledge.search('library'), { code: 'knowledge_closed' });
        await assert.rejects(knowledge.add(ALL_DOCUMENTS), { code: 'knowledge_closed' });
      }),
    },
  ];
}
