import type { LanguageModelMiddleware } from 'ai';
import type { KnowledgeRetriever, Retrieval } from './knowledge-retriever.ts';
import { passageTitle } from './passage-title.ts';
import { retrievalText } from './retrieval-text.ts';

/** Answers take several requests where tools are called: the same question is searched for once. */
const REMEMBERED = 100;

type WrapGenerate = NonNullable<LanguageModelMiddleware['wrapGenerate']>;
type WrapStream = NonNullable<LanguageModelMiddleware['wrapStream']>;
type CallParams = Parameters<WrapGenerate>[0]['params'];
type Message = CallParams['prompt'][number];
type UserMessage = Extract<Message, { role: 'user' }>;
type Content = Awaited<ReturnType<WrapGenerate>>['content'][number];
type Source = Extract<Content, { type: 'source' }>;
type ModelStream = Awaited<ReturnType<WrapStream>>['stream'];

/** How documents are brought into what a model is asked. */
export interface KnowledgeMiddlewareOptions {
  /** Told what was found for each question, before the model is asked. */
  readonly onRetrieved?: ((retrieval: Retrieval) => void) | undefined;
}

/** What is put before the caller's words, and what it was taken from. */
interface Context {
  readonly text: string;
  readonly sources: readonly Source[];
}

/**
 * Puts what the documents say to the caller's last words before them, whenever the model is asked: one
 * answer takes one request, where a tool takes two. What it puts there is named in the model's answer as
 * sources of the AI SDK's, which an agent keeps in the transcript. For `wrapLanguageModel` of the AI SDK.
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
  const remembered = new Map<string, Context>();

  async function withContext(
    params: CallParams,
  ): Promise<{ readonly params: CallParams; readonly sources: readonly Source[] }> {
    const at = params.prompt.findLastIndex(({ role }) => role === 'user');
    const message = params.prompt[at];
    if (message?.role !== 'user') return { params, sources: [] };
    const recentTurns = params.prompt.flatMap((each) =>
      each.role === 'user' ? [wordsOf(each)] : [],
    );
    const question = recentTurns.pop() ?? '';
    const key = JSON.stringify([question, recentTurns]);
    // Only within one answer: behind the caller's words stand what the model did about them.
    let context = at < params.prompt.length - 1 ? remembered.get(key) : undefined;
    if (!context) {
      const retrieval = await retriever.retrieve(question, {
        recentTurns,
        signal: params.abortSignal,
      });
      options.onRetrieved?.(retrieval);
      context = contextOf(retrieval, retriever.transferTo);
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(key, context);
    }
    const { text, sources } = context;
    return {
      params: { ...params, prompt: params.prompt.with(at, prefixed(message, text)) },
      sources,
    };
  }

  return {
    specificationVersion: 'v4',
    wrapGenerate: async ({ model, params }) => {
      const asked = await withContext(params);
      const { content, ...result } = await model.doGenerate(asked.params);
      return { ...result, content: [...asked.sources, ...content] };
    },
    wrapStream: async ({ model, params }) => {
      const asked = await withContext(params);
      const { stream, ...result } = await model.doStream(asked.params);
      return { ...result, stream: withSources(stream, asked.sources) };
    },
  };
}

/** Small talk has no excerpts, and needs no word about that. */
function contextOf(retrieval: Retrieval, transferTo: string | undefined): Context {
  const text = retrievalText(retrieval, transferTo);
  return {
    text: retrieval.outcome === 'unknown' ? `If this is a question about facts: ${text}` : text,
    sources: retrieval.passages.map((passage) => ({
      type: 'source',
      sourceType: 'document',
      id: `${passage.documentId}#${passage.position.index}`,
      mediaType: 'text/plain',
      title: passageTitle(passage),
      filename: passage.source,
    })),
  };
}

function prefixed(message: UserMessage, text: string): UserMessage {
  return {
    ...message,
    content: [
      { type: 'text', text: `(Not said by the caller.\n${text}\nThe caller's words follow.)` },
      ...message.content,
    ],
  };
}

/** The sources come when the model has begun: a model that fails has had no use for them. */
function withSources(stream: ModelStream, sources: readonly Source[]): ModelStream {
  let hasBegun = false;
  return stream.pipeThrough(
    new TransformStream({
      transform(part, controller) {
        controller.enqueue(part);
        if (hasBegun) return;
        hasBegun = true;
        for (const source of sources) controller.enqueue(source);
      },
    }),
  );
}

function wordsOf({ content }: UserMessage): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ');
}
