import { addingCases } from './adding-cases.ts';
import type {
  KnowledgeConformanceCase,
  KnowledgeConformanceSubject,
  WithBase,
} from './conformance-case.ts';
import { embeddingCases } from './embedding-cases.ts';
import { searchCases } from './search-cases.ts';

/** What every knowledge base must do, whatever stores it. */
export function knowledgeConformanceCases(
  subject: KnowledgeConformanceSubject,
): KnowledgeConformanceCase[] {
  const withBase: WithBase =
    (run, create = () => subject.create({})) =>
    async (): Promise<void> => {
      const knowledge = await create();
      try {
        await run(knowledge);
      } finally {
        await knowledge.close();
      }
    };
  const cases = [...addingCases(subject, withBase), ...searchCases(withBase)];
  return subject.canEmbed === false ? cases : [...cases, ...embeddingCases(subject, withBase)];
}
