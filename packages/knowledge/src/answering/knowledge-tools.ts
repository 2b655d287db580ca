import type { ModelMessage, Tool } from 'ai';
import { z } from 'zod';
import type { KnowledgeRetriever, Retrieval } from './knowledge-retriever.ts';
import { passageTitle } from './passage-title.ts';
import { retrievalText } from './retrieval-text.ts';

/** What a `searchKnowledge` call gives, and what stands of it in the transcript. */
export interface KnowledgeToolResult extends Pick<Retrieval, 'outcome' | 'sources'> {
  readonly passages: readonly {
    readonly source: string;
    readonly title: string;
    readonly page?: number | undefined;
    readonly line?: number | undefined;
    readonly score: number;
    readonly text: string;
  }[];
  /** What the model is told. */
  readonly text: string;
}

/** Tools of the AI SDK: `searchKnowledge`. */
export interface KnowledgeTools {
  readonly [name: string]: Tool;
  readonly searchKnowledge: Tool<{ question: string }, KnowledgeToolResult>;
}

/**
 * The tool by which a model looks something up: spread it into the agent's `tools`. The model is told
 * what was found as data; the sources stand in the record of the call.
 */
export function knowledgeTools(retriever: KnowledgeRetriever): KnowledgeTools {
  return {
    searchKnowledge: {
      description:
        'Searches the documents for what the caller asks. Use it for every question about facts: do not answer those from memory.',
      inputSchema: z.object({
        question: z
          .string()
          .min(1)
          .describe("The caller's question as one full sentence, with what it refers to"),
      }),
      execute: async ({ question }, { messages, abortSignal }) => {
        const retrieval = await retriever.retrieve(question, {
          recentTurns: callerTurns(messages),
          signal: abortSignal,
        });
        return toResult(retrieval, retriever.transferTo);
      },
      toModelOutput: ({ output }) => ({ type: 'text', value: output.text }),
    },
  };
}

function toResult(retrieval: Retrieval, transferTo: string | undefined): KnowledgeToolResult {
  const { outcome, sources, passages } = retrieval;
  return {
    outcome,
    sources,
    passages: passages.map((passage) => ({
      source: passage.source,
      title: passageTitle(passage),
      ...(passage.position.page !== undefined && { page: passage.position.page }),
      ...(passage.position.line !== undefined && { line: passage.position.line }),
      score: passage.score,
      text: passage.text,
    })),
    text: retrievalText(retrieval, transferTo),
  };
}

/** What the caller said, as the AI SDK's messages have it, oldest first. */
export function callerTurns(messages: readonly ModelMessage[]): string[] {
  return messages.flatMap(({ role, content }) => {
    if (role !== 'user') return [];
    if (typeof content === 'string') return [content];
    return [content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ')];
  });
}
