import type { ConfigurationProblem } from '@phone-agents/core';
import { z } from 'zod';
import { choice, demanded } from '../setting-types.ts';

/** Where passages are kept. */
export type KnowledgeBackend =
  | { readonly kind: 'local'; readonly path: string | undefined }
  | { readonly kind: 'pglite'; readonly dataDir: string | undefined }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'qdrant'; readonly url: string; readonly apiKey: string | undefined };

/** What the agent answers from, where that is a folder of documents. */
export interface KnowledgeSettings {
  readonly folder: string;
  readonly backend: KnowledgeBackend;
}

/** The settings of the environment that are about documents. */
export const knowledgeShape = {
  KNOWLEDGE_DIR: z.string().optional(),
  KNOWLEDGE_BACKEND: choice(['local', 'pglite', 'postgres', 'qdrant']).default('local'),
  KNOWLEDGE_PATH: z.string().optional(),
  KNOWLEDGE_URL: z.url({ error: 'must be an address, with its scheme' }).optional(),
  QDRANT_API_KEY: z.string().optional(),
};

type KnowledgeEnvironment = z.infer<z.ZodObject<typeof knowledgeShape>>;

/** What is missing, before anything is made of it. */
export function problemsOfKnowledge(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigurationProblem[] {
  const backend = environment['KNOWLEDGE_BACKEND']?.toLowerCase();
  if (environment['KNOWLEDGE_DIR'] === undefined) return [];
  if ((environment['AGENT']?.toLowerCase() ?? 'offline') !== 'offline') {
    return [{ setting: 'KNOWLEDGE_DIR', problem: 'works with AGENT=offline only; leave it out' }];
  }
  if (environment['KNOWLEDGE_URL'] !== undefined) return [];
  if (backend !== 'postgres' && backend !== 'qdrant') return [];
  return [{ setting: 'KNOWLEDGE_URL', problem: `is missing; put the address of ${backend} there` }];
}

export function knowledgeOf(environment: KnowledgeEnvironment): KnowledgeSettings | undefined {
  const { KNOWLEDGE_DIR: folder } = environment;
  return folder === undefined ? undefined : { folder, backend: backendOf(environment) };
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
export function describeKnowledge({ folder, backend }: KnowledgeSettings): string {
  const path = backend.kind === 'local' ? backend.path : undefined;
  return `${folder}, kept in ${backend.kind}${path === undefined ? '' : ` (${path})`}`;
}
