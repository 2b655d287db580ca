import type { ConfigurationProblem } from '@phone-agents/core';
import { z } from 'zod';
import type { AgentEnvironment } from '../agents/agent-settings.ts';
import { choice, demanded } from '../setting-types.ts';

/** Where passages are kept. */
export type KnowledgeBackend =
  | { readonly kind: 'local'; readonly path: string | undefined }
  | { readonly kind: 'pglite'; readonly dataDir: string | undefined }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'qdrant'; readonly url: string; readonly apiKey: string | undefined };

/**
 * How a model comes by what the documents say: `context`, they are searched for what the caller said
 * before it is asked; `tool`, it searches them itself.
 */
export type KnowledgeLookUp = 'context' | 'tool';

/** A model of OpenAI's that finds passages by their meaning. */
export interface EmbeddingSettings {
  readonly apiKey: string;
  readonly model: string;
  readonly baseUrl: string | undefined;
}

/** What the agent answers from, where that is a folder of documents. */
export interface KnowledgeSettings {
  readonly folder: string;
  readonly backend: KnowledgeBackend;
  readonly lookUp: KnowledgeLookUp;
  /** Undefined: passages are found by their words alone. */
  readonly embedding: EmbeddingSettings | undefined;
}

/** The settings of the environment that are about documents. */
export const knowledgeShape = {
  KNOWLEDGE_DIR: z.string().optional(),
  KNOWLEDGE_BACKEND: choice(['local', 'pglite', 'postgres', 'qdrant']).default('local'),
  KNOWLEDGE_PATH: z.string().optional(),
  KNOWLEDGE_URL: z.url({ error: 'must be an address, with its scheme' }).optional(),
  KNOWLEDGE_LOOKUP: choice(['context', 'tool']).optional(),
  KNOWLEDGE_EMBEDDING_MODEL: z.string().optional(),
  QDRANT_API_KEY: z.string().optional(),
};

type KnowledgeEnvironment = z.infer<z.ZodObject<typeof knowledgeShape>>;

/** What is missing, before anything is made of it. */
export function problemsOfKnowledge(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigurationProblem[] {
  if (environment['KNOWLEDGE_DIR'] === undefined) return [];
  const problems: ConfigurationProblem[] = [];
  const backend = environment['KNOWLEDGE_BACKEND']?.toLowerCase();
  if (
    (backend === 'postgres' || backend === 'qdrant') &&
    environment['KNOWLEDGE_URL'] === undefined
  ) {
    const problem = `is missing; put the address of ${backend} there`;
    problems.push({ setting: 'KNOWLEDGE_URL', problem });
  }
  if (environment['KNOWLEDGE_LOOKUP']?.toLowerCase() === 'context' && !hasContext(environment)) {
    const problem = 'can be context with AGENT=pipeline only; leave it out';
    problems.push({ setting: 'KNOWLEDGE_LOOKUP', problem });
  }
  if (
    environment['KNOWLEDGE_EMBEDDING_MODEL'] !== undefined &&
    environment['OPENAI_API_KEY'] === undefined
  ) {
    const problem = 'is missing; KNOWLEDGE_EMBEDDING_MODEL is one of OpenAI’s';
    problems.push({ setting: 'OPENAI_API_KEY', problem });
  }
  return problems;
}

/** Only a language model can be told something before it answers. */
function hasContext(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment['AGENT']?.toLowerCase() === 'pipeline';
}

export function knowledgeOf(
  environment: KnowledgeEnvironment & AgentEnvironment,
): KnowledgeSettings | undefined {
  const { KNOWLEDGE_DIR: folder } = environment;
  if (folder === undefined) return undefined;
  const usual = hasContext(environment) ? 'context' : 'tool';
  return {
    folder,
    backend: backendOf(environment),
    lookUp: environment.KNOWLEDGE_LOOKUP ?? usual,
    embedding: embeddingOf(environment),
  };
}

function embeddingOf(
  environment: KnowledgeEnvironment & AgentEnvironment,
): EmbeddingSettings | undefined {
  const { KNOWLEDGE_EMBEDDING_MODEL: model } = environment;
  if (model === undefined) return undefined;
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = environment;
  return { apiKey: demanded(apiKey), model, baseUrl };
}

function backendOf(environment: KnowledgeEnvironment): KnowledgeBackend {
  const { KNOWLEDGE_BACKEND: kind, KNOWLEDGE_PATH: path, KNOWLEDGE_URL: url } = environment;
  switch (kind) {
    case 'local':
      return { kind, path };
    case 'pglite':
      return { kind, dataDir: path };
    case 'postgres':
      return { kind, url: demanded(url) };
    case 'qdrant':
      return { kind, url: demanded(url), apiKey: environment.QDRANT_API_KEY };
  }
}

/** For the start message. */
export function describeKnowledge({ folder, backend, embedding }: KnowledgeSettings): string {
  const path = backend.kind === 'local' ? backend.path : undefined;
  const place = path === undefined ? backend.kind : `${backend.kind} (${path})`;
  const search = embedding ? `words and by meaning (${embedding.model})` : 'words alone';
  return `${folder}, kept in ${place}, searched by ${search}`;
}
