import type { KnowledgeBase } from '@phone-agents/knowledge';
import { collectGarbage } from '../collect-garbage.ts';
import { PASSAGES_PER_DOCUMENT, largeCorpus, largeQuestions } from './large-corpus.ts';

const SEARCHES = 101;

/** What an index of many passages costs. */
export interface SearchCost {
  readonly passages: number;
  readonly importSeconds: number;
  /** JavaScript heap in MB, collected, when a quarter and when all had been imported. */
  readonly heapAtQuarterMb: number;
  readonly heapAtEndMb: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

export async function measureCost(knowledge: KnowledgeBase, passages: number): Promise<SearchCost> {
  const startedAt = performance.now();
  let collectingMs = 0;
  const heapNow = (): number => {
    const at = performance.now();
    collectGarbage();
    collectingMs += performance.now() - at;
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  let heapAtQuarterMb = 0;
  const documents = passages / PASSAGES_PER_DOCUMENT;
  async function* watched() {
    let given = 0;
    for (const document of largeCorpus(passages)) {
      if (given++ === Math.floor(documents / 4)) heapAtQuarterMb = heapNow();
      yield document;
    }
  }
  await knowledge.add(watched());
  const importSeconds = (performance.now() - startedAt - collectingMs) / 1_000;
  const heapAtEndMb = heapNow();
  const times: number[] = [];
  for (const question of largeQuestions(SEARCHES)) {
    const from = performance.now();
    await knowledge.search(question);
    times.push(performance.now() - from);
  }
  times.sort((left, right) => left - right);
  return {
    passages: (await knowledge.statistics()).passages,
    importSeconds,
    heapAtQuarterMb,
    heapAtEndMb,
    medianMs: times[Math.floor(SEARCHES / 2)]!,
    p95Ms: times[Math.floor(SEARCHES * 0.95)]!,
  };
}
