import assert from 'node:assert/strict';
import type { KnowledgeBase } from '../knowledge-base.ts';
import { ALL_DOCUMENTS, HOURS, PARKING, VACCINES } from './case-documents.ts';
import type { KnowledgeConformanceCase, WithBase } from './conformance-case.ts';

/** What searching by words must do. */
export function searchCases(withBase: WithBase): KnowledgeConformanceCase[] {
  const search = (run: (knowledge: KnowledgeBase) => Promise<void>): (() => Promise<void>) =>
    withBase(async (knowledge) => {
      await knowledge.add(ALL_DOCUMENTS);
      await run(knowledge);
    });
  return [
    {
      name: 'gives passages with everything that is known of them',
      run: search(async (knowledge) => {
        const [passage] = await knowledge.search('Is the surgery closed on Saturday?');
        assert.ok(passage && passage.score > 0.9 && passage.score <= 1, `score ${passage?.score}`);
        assert.deepEqual(passage, {
          documentId: HOURS.id,
          title: HOURS.title,
          source: HOURS.id,
          headings: ['Weekend'],
          text: 'On Saturday the surgery is closed.',
          position: { index: 1, line: 7 },
          metadata: HOURS.metadata,
          score: passage.score,
        });
        const [vaccine] = await knowledge.search('yellow fever');
        assert.equal(vaccine?.position.page, 4);
        const [parking] = await knowledge.search('library');
        assert.equal(parking?.source, 'https://clinic.example/parking');
      }),
    },
    {
      name: 'finds words in any form, through headings and titles, and numbers in words',
      run: search(async (knowledge) => {
        for (const [query, id] of [
          ['is my car parked', PARKING.id],
          ['opened on weekdays', HOURS.id],
          ['traveling', VACCINES.id],
          ['10 days before', VACCINES.id],
          ['JOURNEYS', VACCINES.id],
        ] as const) {
          assert.equal((await knowledge.search(query))[0]?.documentId, id, query);
        }
      }),
    },
    {
      name: 'finds what was misheard or misspelt, with a lower score',
      run: search(async (knowledge) => {
        const [exact] = await knowledge.search('library');
        for (const misheard of ['lybrary', 'liberary', 'librory']) {
          const [passage] = await knowledge.search(misheard);
          assert.equal(passage?.documentId, PARKING.id, misheard);
          assert.ok(passage.score < exact!.score, misheard);
        }
      }),
    },
    {
      name: 'gives nothing where nothing fits, and for a query without a word',
      run: search(async (knowledge) => {
        for (const query of ['rhinoceros', 'what is it', '', ' ?! ', '\0']) {
          assert.deepEqual(await knowledge.search(query), [], query);
        }
      }),
    },
    {
      name: 'scores a question low of which it knows one word only, and honours the minimum',
      run: search(async (knowledge) => {
        const query = 'can my crocodile swim on saturday with the elephants';
        const [best] = await knowledge.search(query);
        assert.ok(best && best.score < 0.5, `score ${best?.score}`);
        assert.deepEqual(await knowledge.search(query, { minimumScore: 0.5 }), []);
      }),
    },
    {
      name: 'scores low what proves nothing: words of any question, and words that are everywhere but in no heading',
      run: search(async (knowledge) => {
        const rooms = Array.from({ length: 12 }, (_, index) => ({
          id: `rooms/${index}`,
          title: `Floor ${index}`,
          content: `There is tea${index} in the waiting room.`,
        }));
        const lenses = { id: 'lenses', title: 'Lenses', content: 'The optician sells them.' };
        const content = [{ headings: ['Our rooms'], text: 'Ask us for one.' }];
        await knowledge.add([...rooms, lenses, { id: 'lent', title: 'Lending', content }]);
        const [optician] = await knowledge.search('do you sell bicycles');
        assert.ok(optician && optician.score < 0.4, `sell: ${optician?.score}`);
        const about = await knowledge.search('do you have a room', { limit: 20 });
        const scores = about.map(({ documentId, score }) => [documentId, score <= 0.4]);
        assert.equal(scores.length, 13);
        assert.deepEqual(
          scores.filter(([, isLow]) => isLow === false),
          [['lent', false]],
        );
      }),
    },
    {
      name: 'limits and filters what it gives',
      run: search(async (knowledge) => {
        assert.equal((await knowledge.search('saturday', { limit: 1 })).length, 1);
        const ids = async (filter: object): Promise<string[]> =>
          (await knowledge.search('saturday morning journey', { filter, limit: 10 })).map(
            ({ documentId, position }) => `${documentId}#${position.index}`,
          );
        assert.deepEqual((await ids({ metadata: { site: 'south' } })).sort(), [`${PARKING.id}#0`]);
        assert.deepEqual((await ids({ metadata: { site: 'north', public: true } })).sort(), [
          `${HOURS.id}#0`,
          `${HOURS.id}#1`,
        ]);
        assert.deepEqual(await ids({ metadata: { floor: 3 } }), []);
        assert.deepEqual(await ids({ documentIds: [VACCINES.id] }), [`${VACCINES.id}#0`]);
        assert.deepEqual(await ids({ documentIds: [] }), []);
      }),
    },
    {
      name: 'lets earlier turns decide, and be asked about where a question has no word of its own',
      run: search(async (knowledge) => {
        const recentTurns = ['where can I park', 'and what do you do on weekends'];
        const first = async (
          query: string,
          turns: readonly string[],
        ): Promise<string | undefined> =>
          (await knowledge.search(query, { recentTurns: turns }))[0]?.documentId;
        assert.equal(await first('and on saturday', recentTurns.slice(0, 1)), PARKING.id);
        assert.equal(await first('and on saturday', ['are you closed']), HOURS.id);
        assert.equal(await first('how about it', ['I travel to Africa']), VACCINES.id);
      }),
    },
    {
      name: 'takes text for text, whatever marks it has',
      run: search(async (knowledge) => {
        const odd = `Robert'); DROP TABLE passages; -- & | ! <-> :* "quoted" \\ %s $1 {}`;
        await knowledge.add([{ id: 'odd/1', title: odd, content: odd, metadata: { odd } }]);
        const [passage] = await knowledge.search(odd, { filter: { metadata: { odd } } });
        assert.deepEqual([passage?.title, passage?.text], [odd, odd]);
        assert.equal(
          (await knowledge.search("'; drop table", { limit: 1 }))[0]?.documentId,
          'odd/1',
        );
      }),
    },
    {
      name: 'refuses a limit that is none',
      run: search(async (knowledge) => {
        for (const limit of [0, -1, 1.5, 51, NaN]) {
          await assert.rejects(knowledge.search('library', { limit }), RangeError);
        }
      }),
    },
    {
      name: 'does not search when told to stop',
      run: search(async (knowledge) => {
        const signal = AbortSignal.abort(new Error('hung up'));
        await assert.rejects(knowledge.search('library', { signal }), /hung up/);
      }),
    },
  ];
}
