import { fileURLToPath } from 'node:url';
import type { KnowledgeBase } from '@phone-agents/knowledge';
import { DEFAULT_MINIMUM_SCORE, importFolder } from '@phone-agents/knowledge';
import { createLocalKnowledgeBase } from '@phone-agents/knowledge/local';
import { createPostgresKnowledgeBase } from '@phone-agents/knowledge/postgres';
import { createQdrantKnowledgeBase } from '@phone-agents/knowledge/qdrant';
import { startQdrantStandIn } from '@phone-agents/knowledge/testing';
import { speechRecognitionAvailability } from '@phone-agents/offline';
import type { Verdict } from '../interleaved.ts';
import type { Suite } from '../suite.ts';
import type { QuestionSet } from './question-set.ts';
import { EXAMPLE_FOLDER, readQuestions } from './question-set.ts';
import type { RetrievalQuality } from './retrieval-quality.ts';
import { HIT_LIMIT, measureQuality } from './retrieval-quality.ts';
import { measureCost } from './search-cost.ts';
import { createTelephone } from './telephone.ts';

const PASSAGES = 10_000;
/** On the held-out half. */
const LOWEST_HIT_RATE = 0.9;
const LOWEST_HIT_RATE_BY_TELEPHONE = 0.75;
/**
 * Of the held-out questions that no document answers, so many may be answered; of the others so many
 * refused. By telephone that is shown, not judged: what was heard wrong is often refused rightly.
 */
const HIGHEST_FALSELY_ANSWERED = 0.1;
const HIGHEST_FALSELY_ANSWERED_BY_TELEPHONE = 0.3;
const HIGHEST_FALSELY_REFUSED = 0.1;
/** The JavaScript heap may grow by so much while three quarters of the passages go into a database. */
const HIGHEST_HEAP_GROWTH_MB = 24;

interface OpenBackend {
  readonly knowledge: KnowledgeBase;
  readonly close: () => Promise<void>;
}

interface Backend {
  readonly name: string;
  readonly open: () => Promise<OpenBackend>;
  /** For a search among 10,000 passages; undefined where that is not measured. */
  readonly highestMedianMs?: number | undefined;
  /** Whether passages are kept outside the JavaScript heap. */
  readonly isDatabase?: boolean | undefined;
}

function closing(
  knowledge: KnowledgeBase,
  more: () => Promise<void> = async () => {},
): OpenBackend {
  return {
    knowledge,
    close: async () => {
      await knowledge.close();
      await more();
    },
  };
}

const serverUrl = process.env['BENCH_POSTGRES_URL'];
const backends: readonly Backend[] = [
  {
    name: 'local',
    open: async () => closing(createLocalKnowledgeBase()),
    highestMedianMs: 20,
  },
  {
    name: 'postgres (PGlite)',
    open: async () => closing(createPostgresKnowledgeBase()),
    highestMedianMs: 50,
    isDatabase: true,
  },
  ...(serverUrl === undefined
    ? []
    : [
        {
          name: 'postgres (server)',
          open: async () =>
            closing(createPostgresKnowledgeBase({ url: serverUrl, schema: `bench_${Date.now()}` })),
          highestMedianMs: 50,
          isDatabase: true,
        },
      ]),
  {
    // What is searched and how it is ranked is ours; the server's own speed is not known from it.
    name: 'qdrant (stand-in)',
    open: async () => {
      const server = await startQdrantStandIn();
      return closing(createQdrantKnowledgeBase({ url: server.url }), () => server.close());
    },
  },
];

/** How well, how fast and with how much memory passages are found. */
export const knowledgeSuite: Suite = {
  title: 'finding passages: 100 questions about the example folder, and 10,000 passages',
  run: async (print) => {
    const heard = await hearAll(print);
    const verdicts: Verdict[] = [];
    for (const backend of backends) {
      verdicts.push(...(await judgeQuality(backend, heard, print)));
    }
    for (const backend of backends) verdicts.push(...(await judgeCost(backend, print)));
    for (const { text, held } of verdicts) print(`  ${held ? 'pass' : 'FAIL'}  ${text}`);
    return verdicts;
  },
};

/** What is heard of each question by telephone; undefined where nothing can be heard here. */
async function hearAll(
  print: (line: string) => void,
): Promise<ReadonlyMap<string, string> | undefined> {
  const availability = await speechRecognitionAvailability();
  if (!availability.available) {
    print(`  by telephone: skipped, ${availability.reason}`);
    return undefined;
  }
  const { tuning, heldOut } = readQuestions();
  const telephone = await createTelephone(EXAMPLE_FOLDER);
  const heard = new Map<string, string>();
  for (const { pairs, unanswerable } of [tuning, heldOut]) {
    for (const question of [...pairs.map((pair) => pair.question), ...unanswerable]) {
      heard.set(question, await telephone.hear(question));
    }
  }
  await telephone.close();
  return heard;
}

async function judgeQuality(
  { name, open }: Backend,
  heard: ReadonlyMap<string, string> | undefined,
  print: (line: string) => void,
): Promise<Verdict[]> {
  const { knowledge, close } = await open();
  try {
    await importFolder(knowledge, fileURLToPath(EXAMPLE_FOLDER), { name: 'docs' });
    const measure = (set: QuestionSet, hear: (question: string) => string) =>
      measureQuality(knowledge, set, 'docs', DEFAULT_MINIMUM_SCORE, hear);
    const { tuning, heldOut } = readQuestions();
    const asWritten = (question: string): string => question;
    const asHeard = (question: string): string => heard?.get(question) ?? '';
    print(`  ${name}, ${knowledge.retrieval} (no embedding model)`);
    print(`    as written, tuning half    ${describe(await measure(tuning, asWritten))}`);
    const clean = await measure(heldOut, asWritten);
    print(`    as written, held-out half  ${describe(clean)}`);
    const verdicts = [
      rateVerdict(`${name}, as written`, clean, LOWEST_HIT_RATE),
      highestVerdict(
        `${name}, as written: unanswerable questions wrongly answered`,
        clean.falselyAnswered,
        HIGHEST_FALSELY_ANSWERED,
      ),
      highestVerdict(
        `${name}, as written: answerable questions wrongly refused`,
        clean.falselyRefused,
        HIGHEST_FALSELY_REFUSED,
      ),
    ];
    if (heard) {
      print(`    by telephone, tuning half  ${describe(await measure(tuning, asHeard))}`);
      const spoken = await measure(heldOut, asHeard);
      print(`    by telephone, held-out     ${describe(spoken)}`);
      verdicts.push(
        rateVerdict(`${name}, by telephone`, spoken, LOWEST_HIT_RATE_BY_TELEPHONE),
        highestVerdict(
          `${name}, by telephone: unanswerable questions wrongly answered`,
          spoken.falselyAnswered,
          HIGHEST_FALSELY_ANSWERED_BY_TELEPHONE,
        ),
      );
    }
    return verdicts;
  } finally {
    await close();
  }
}

function describe(quality: RetrievalQuality): string {
  const { hitRate, meanReciprocalRank, falselyRefused, falselyAnswered } = quality;
  return (
    `hit rate at ${HIT_LIMIT}: ${hitRate.toFixed(2)}, mean reciprocal rank: ${meanReciprocalRank.toFixed(2)}, ` +
    `answerable wrongly refused: ${falselyRefused.toFixed(2)}, ` +
    `unanswerable wrongly answered: ${falselyAnswered.toFixed(2)}`
  );
}

function rateVerdict(name: string, { hitRate }: RetrievalQuality, lowest: number): Verdict {
  return {
    text: `${name}: hit rate at ${HIT_LIMIT} of the held-out half at least ${lowest.toFixed(2)}: ${hitRate.toFixed(2)}`,
    held: hitRate >= lowest,
    binding: true,
  };
}

function highestVerdict(name: string, rate: number, highest: number): Verdict {
  return {
    text: `${name}, of the held-out half: at most ${highest.toFixed(2)}: ${rate.toFixed(2)}`,
    held: rate <= highest,
    binding: true,
  };
}

async function judgeCost(
  { name, open, highestMedianMs, isDatabase }: Backend,
  print: (line: string) => void,
): Promise<Verdict[]> {
  if (highestMedianMs === undefined) return [];
  const { knowledge, close } = await open();
  try {
    const cost = await measureCost(knowledge, PASSAGES);
    const { passages, importSeconds, medianMs, p95Ms, heapAtQuarterMb, heapAtEndMb } = cost;
    print(
      `  ${name}, ${passages} passages: imported in ${importSeconds.toFixed(1)} s, ` +
        `search ${medianMs.toFixed(1)} ms median, ${p95Ms.toFixed(1)} ms in 95 of 100; ` +
        `heap ${heapAtQuarterMb.toFixed(0)} MB at a quarter, ${heapAtEndMb.toFixed(0)} MB at the end`,
    );
    const verdicts: Verdict[] = [
      {
        text: `${name}: a search among ${passages} passages takes at most ${highestMedianMs} ms: ${medianMs.toFixed(1)} ms`,
        held: medianMs <= highestMedianMs,
        binding: false,
      },
    ];
    if (isDatabase) {
      const growth = heapAtEndMb - heapAtQuarterMb;
      verdicts.push({
        text: `${name}: an import holds a few documents at a time: the heap grows by at most ${HIGHEST_HEAP_GROWTH_MB} MB: ${growth.toFixed(1)} MB`,
        held: growth <= HIGHEST_HEAP_GROWTH_MB,
        binding: true,
      });
    }
    return verdicts;
  } finally {
    await close();
  }
}
