import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createOpenAI } from '@ai-sdk/openai';
import type { Logger } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import type { ImportReport, KnowledgeBase, KnowledgeRetriever } from '@phone-agents/knowledge';
import {
  callerPhrases,
  createKnowledgeRetriever,
  importFolder,
  loadFolder,
} from '@phone-agents/knowledge';
import { createLocalKnowledgeBase } from '@phone-agents/knowledge/local';
import { createPostgresKnowledgeBase } from '@phone-agents/knowledge/postgres';
import { createQdrantKnowledgeBase } from '@phone-agents/knowledge/qdrant';
import type { EmbeddingModel } from 'ai';
import type { EmbeddingSettings, KnowledgeSettings } from './knowledge-settings.ts';

/** In the folder: what the agent is to do. No document. */
const INSTRUCTIONS_FILE = 'instructions.md';
const TITLE = /^# +(.+)$/m;

export interface SupportKnowledgeOptions
  extends
    Pick<KnowledgeSettings, 'folder' | 'backend'>,
    Partial<Pick<KnowledgeSettings, 'embedding'>> {
  /** Whom a caller is transferred to where the documents have no answer. */
  readonly transferTo?: string | undefined;
  readonly logger: Logger;
}

/** A folder of documents, ready to answer from. */
export interface SupportKnowledge {
  /** Whom the agent answers for: the title of its instructions, else the folder's name. */
  readonly name: string;
  readonly instructions: string;
  readonly retriever: KnowledgeRetriever;
  /** What callers are likely to say. */
  readonly phrases: readonly string[];
  readonly report: ImportReport;
  close(): Promise<void>;
}

/**
 * Reads in a folder of documents, or what has changed of it since the last time. Files that cannot be
 * read are named in the log.
 *
 * @throws ConfigurationError where the folder gives nothing to answer from.
 * @throws KnowledgeError where the backend cannot be used.
 */
export async function openSupportKnowledge(
  options: SupportKnowledgeOptions,
): Promise<SupportKnowledge> {
  const { folder, transferTo, logger } = options;
  const instructions = await readInstructions(folder);
  const knowledge = createBackend(options, logger);
  try {
    const ignore = (path: string): boolean => path === INSTRUCTIONS_FILE;
    const report = await readIn(knowledge, folder, ignore);
    for (const { path, reason } of report.skipped) {
      logger.warn({ path, reason }, 'A document was skipped');
    }
    return {
      name: TITLE.exec(instructions)?.[1]?.trim() ?? basename(folder),
      instructions: instructions.replace(TITLE, '').trim(),
      retriever: createKnowledgeRetriever({ knowledge, transferTo, logger }),
      phrases: await callerPhrases(loadFolder(folder, { ignore })),
      report,
      close: () => knowledge.close(),
    };
  } catch (error) {
    await knowledge.close();
    throw error;
  }
}

function createBackend(
  { backend, embedding }: Pick<SupportKnowledgeOptions, 'backend' | 'embedding'>,
  logger: Logger,
): KnowledgeBase {
  const common = { embeddingModel: embedding && embeddingModel(embedding), logger };
  switch (backend.kind) {
    case 'local':
      return createLocalKnowledgeBase({ path: backend.path, ...common });
    case 'pglite':
      return createPostgresKnowledgeBase({ dataDir: backend.dataDir, ...common });
    case 'postgres':
      return createPostgresKnowledgeBase({ url: backend.url, ...common });
    case 'qdrant':
      return createQdrantKnowledgeBase({ url: backend.url, apiKey: backend.apiKey, ...common });
  }
}

function embeddingModel({ apiKey, model, baseUrl }: EmbeddingSettings): EmbeddingModel {
  const openai = createOpenAI({ apiKey, ...(baseUrl !== undefined && { baseURL: baseUrl }) });
  return openai.embeddingModel(model);
}

async function readIn(
  knowledge: KnowledgeBase,
  folder: string,
  ignore: (path: string) => boolean,
): Promise<ImportReport> {
  let problem = 'has no document that can be read';
  try {
    const report = await importFolder(knowledge, folder, { ignore });
    if (report.files > report.skipped.length) return report;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    problem = error.message;
  }
  throw new ConfigurationError([{ setting: 'KNOWLEDGE_DIR', problem }]);
}

function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && error.code === 'knowledge_document_unreadable'
  );
}

async function readInstructions(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, INSTRUCTIONS_FILE), 'utf8');
  } catch {
    return 'Answer questions from the documents, in one to three short spoken sentences.';
  }
}
