import type { LanguageModelMiddleware } from 'ai';
import type { KnowledgeRetriever, Retrieval } from './knowledge-retriever.ts';
import { retrievalText } from './retrieval-text.ts';

/** Turns of the caller's before the question that are searched with. */
const RECENT_TURNS = 3;
/** Answers take several requests where tools are called: the same question is searched for once. */
const REMEMBERED = 100;

type TransformParams = NonNullable<LanguageModelMiddleware['transformParams']>;
type CallParams = Parameters<TransformParams>[0]['params'];
type Message = CallParams['prompt'][number];
type UserMessage = Extract<Message, { role: 'user' }>;

/** How documents are brought into what a model is asked. */
export interface KnowledgeMiddlewareOptions {
  /** Told what was found for each question, before the model is asked. */
  readonly onRetrieved?: ((retrieval: Retrieval) => void) | undefined;
}

/**
 * Puts what the documents say to the caller's last words before them, whenever the model is asked: one
 * answer takes one request, where a tool takes two. For `wrapLanguageModel` of the AI SDK.
 *
 * @example
 * const model = wrapLanguageModel({
 *   model: openai('gpt-5-mini'),
 *   middleware: knowledgeMiddleware(retriever),
 * });
 */
export function knowledgeMiddleware(
  retriever: KnowledgeRetriever,
  options: KnowledgeMiddlewareOptions = {},
): LanguageModelMiddleware {
  const remembered = new Map<string, string>();
  return {
    specificationVersion: 'v4',
    transformParams: async ({ params }) => {
      const at = params.prompt.findLastIndex(({ role }) => role === 'user');
      const message = params.prompt[at];
      if (message?.role !== 'user') return params;
      const turns = params.prompt.flatMap((each) => (each.role === 'user' ? [wordsOf(each)] : []));
      const question = turns.pop() ?? '';
      const recentTurns = turns.slice(-RECENT_TURNS);
      const key = JSON.stringify([question, recentTurns]);
      // Only within one answer: behind the caller's words stand what the model did about them.
      let text = at < params.prompt.length - 1 ? remembered.get(key) : undefined;
      if (text === undefined) {
        const retrieval = await retriever.retrieve(question, {
          recentTurns,
          signal: params.abortSignal,
        });
        options.onRetrieved?.(retrieval);
        text = textFor(retrieval, retriever.transferTo);
        if (remembered.size >= REMEMBERED) remembered.clear();
        remembered.set(key, text);
      }
      if (text === '') return params;
      return { ...params, prompt: params.prompt.with(at, withContext(message, text)) };
    },
  };
}

/** Small talk has no excerpts, and needs no word about that. */
function textFor(retrieval: Retrieval, transferTo: string | undefined): string {
  return retrieval.outcome === 'unknown'
    ? `If this is a question about facts: ${retrievalText(retrieval, transferTo)}`
    : retrievalText(retrieval, transferTo);
}

function withContext(message: UserMessage, text: string): UserMessage {
  return {
    ...message,
    content: [
      { type: 'text', text: `(Not said by the caller.\n${text}\nThe caller's words follow.)` },
      ...message.content,
    ],
  };
}

function wordsOf({ content }: UserMessage): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ');
}
