import { parseArgs } from 'node:util';
import { ConfigurationError, PhoneAgentError } from '@phone-agents/core';
import { passageTitle } from '../answering/passage-title.ts';
import { importFolder } from '../import-folder.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import { openBackend } from './open-backend.ts';
import type { Terminal } from './progress-bar.ts';
import { ProgressBar } from './progress-bar.ts';

const USAGE = `npx @phone-agents/knowledge import FOLDER [options]
npx @phone-agents/knowledge search "QUESTION" [options]

import reads in a folder of Markdown, text, HTML and PDF files; a second time only what has changed.
search shows the passages that an agent would be given.

  --backend NAME          local (default), postgres or qdrant
  --path FILE             local: the index (default: knowledge.index)
  --url URL               postgres, qdrant: the server; or KNOWLEDGE_URL in the environment
  --data-dir DIR          postgres: an embedded one in this folder, instead of a server
  --schema NAME           postgres: schema of the tables (default: phone_agents_knowledge)
  --collection NAME       qdrant: collection (default: phone-agents-knowledge); QDRANT_API_KEY is its key
  --embedding-model ID    search by meaning too: a model of the AI SDK's gateway, by its id there
  --name NAME             import: stands before the files' paths (default: the folder's name)
  --keep-missing          import: keeps documents whose files are gone
  --limit N               search: most passages (default: 3)
`;

const OPTIONS = {
  backend: { type: 'string' },
  path: { type: 'string' },
  url: { type: 'string' },
  'data-dir': { type: 'string' },
  schema: { type: 'string' },
  collection: { type: 'string' },
  'embedding-model': { type: 'string' },
  name: { type: 'string' },
  'keep-missing': { type: 'boolean' },
  limit: { type: 'string' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

export interface CliOptions {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Runs the command line; returns its exit code: 0, 1 where it failed, 2 where it was not understood. */
export async function runCli(options: CliOptions): Promise<0 | 1 | 2> {
  const { args, environment, print, complain, signal } = options;
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    complain(`${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const [command, subject, ...others] = positionals;
  if (values.help === true) {
    print(USAGE);
    return 0;
  }
  if (
    (command !== 'import' && command !== 'search') ||
    subject === undefined ||
    others.length > 0
  ) {
    complain(USAGE);
    return 2;
  }
  let knowledge: KnowledgeBase | undefined;
  try {
    knowledge = openBackend(values, environment);
    if (command === 'import') await runImport(knowledge, subject, values, options);
    else await runSearch(knowledge, subject, values, options);
    return 0;
  } catch (error) {
    complain(signal.aborted ? 'Stopped: what was done is kept.' : messageOf(error));
    return error instanceof ConfigurationError || error instanceof RangeError ? 2 : 1;
  } finally {
    await knowledge?.close();
  }
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

async function runImport(
  knowledge: KnowledgeBase,
  folder: string,
  values: Values,
  { print, complain, terminal, signal }: CliOptions,
): Promise<void> {
  const bar = new ProgressBar(terminal);
  try {
    const report = await importFolder(knowledge, folder, {
      name: values.name,
      removeMissing: values['keep-missing'] !== true,
      signal,
      onProgress: ({ files, totalFiles, documentId }) => bar.update(files, totalFiles, documentId),
    });
    bar.clear();
    for (const { path, reason } of report.skipped) complain(`skipped: ${path} ${reason}`);
    const { added, updated, unchanged, removed, skipped, passages, embedded } = report;
    print(
      `${added} added, ${updated} updated, ${unchanged} unchanged, ${removed} removed, ` +
        `${skipped.length} skipped; ${passages} passages written, ${embedded} embedded`,
    );
    const { documents, passages: all } = await knowledge.statistics();
    print(`The index has ${documents} documents and ${all} passages. ${retrievalNote(knowledge)}`);
  } finally {
    bar.clear();
  }
}

async function runSearch(
  knowledge: KnowledgeBase,
  question: string,
  values: Values,
  { print, signal }: CliOptions,
): Promise<void> {
  const passages = await knowledge.search(question, {
    ...(values.limit !== undefined && { limit: Number(values.limit) }),
    signal,
  });
  for (const passage of passages) {
    const { score, source, text } = passage;
    const { page, line } = passage.position;
    const place = page !== undefined ? `, page ${page}` : line !== undefined ? `:${line}` : '';
    print(`${score.toFixed(2)}  ${source}${place}  ${passageTitle(passage)}`);
    print(`${text.replaceAll(/^/gm, '      ')}\n`);
  }
  if (passages.length === 0) {
    const { documents } = await knowledge.statistics();
    print(documents === 0 ? 'The index is empty: import a folder first.' : 'Nothing fits.');
  }
  print(retrievalNote(knowledge));
}

function retrievalNote({ retrieval }: KnowledgeBase): string {
  return retrieval === 'lexical'
    ? 'Search is by words alone, for no embedding model was given.'
    : 'Search is by words and by meaning.';
}

function messageOf(error: unknown): string {
  if (PhoneAgentError.isInstance(error)) return error.message;
  return error instanceof Error ? error.message : String(error);
}
