import { ConfigurationError } from '@phone-agents/core';
import type { KnowledgeBaseOptions } from '../indexed-knowledge-base.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import { createLocalKnowledgeBase } from '../local/local-knowledge-base.ts';
import { createPostgresKnowledgeBase } from '../postgres/postgres-knowledge-base.ts';
import { createQdrantKnowledgeBase } from '../qdrant/qdrant-knowledge-base.ts';

export const DEFAULT_INDEX_FILE = 'knowledge.index';

/** The options by which the command line names a backend. */
export interface BackendOptions {
  readonly backend?: string | undefined;
  readonly path?: string | undefined;
  readonly url?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly schema?: string | undefined;
  readonly collection?: string | undefined;
  readonly 'embedding-model'?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes the knowledge base that the options name; nothing is opened yet.
 *
 * @throws ConfigurationError that names what is missing or does not fit.
 */
export function openBackend(options: BackendOptions, environment: Environment): KnowledgeBase {
  const url = options.url ?? environment['KNOWLEDGE_URL'];
  const common: KnowledgeBaseOptions = { embeddingModel: options['embedding-model'] };
  const { backend = 'local', path, schema, collection } = options;
  switch (backend) {
    case 'local':
      refuse(options, ['url', 'data-dir', 'schema', 'collection'], backend);
      return createLocalKnowledgeBase({ ...common, path: path ?? DEFAULT_INDEX_FILE });
    case 'postgres': {
      refuse(options, ['path', 'collection'], backend);
      const dataDir = options['data-dir'];
      if (dataDir !== undefined) {
        return createPostgresKnowledgeBase({ ...common, dataDir, schema });
      }
      if (url === undefined) {
        throw problem('--url', 'is missing: a server, or --data-dir for the embedded PostgreSQL');
      }
      return createPostgresKnowledgeBase({ ...common, url, schema });
    }
    case 'qdrant':
      refuse(options, ['path', 'data-dir', 'schema'], backend);
      if (url === undefined) throw problem('--url', 'is missing: http://localhost:6333');
      return createQdrantKnowledgeBase({
        ...common,
        url,
        collection,
        apiKey: environment['QDRANT_API_KEY'],
      });
    default:
      throw problem('--backend', 'must be local, postgres or qdrant');
  }
}

function refuse(
  options: BackendOptions,
  names: readonly (keyof BackendOptions)[],
  backend: string,
): void {
  const wrong = names.find((name) => options[name] !== undefined);
  if (wrong !== undefined) throw problem(`--${wrong}`, `is not for the backend ${backend}`);
}

function problem(setting: string, text: string): ConfigurationError {
  return new ConfigurationError([{ setting, problem: text }]);
}
