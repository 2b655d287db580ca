import { excerptFor } from '@phone-agents/knowledge';
import type { LanguageModel } from 'ai';

/** The AI SDK's contract for models, in the version that is written here. */
type Model = Extract<LanguageModel, { readonly specificationVersion: 'v4' }>;
type CallOptions = Parameters<Model['doStream']>[0];
type StreamPart =
  Awaited<ReturnType<Model['doStream']>>['stream'] extends ReadableStream<infer Part>
    ? Part
    : never;
type Finish = Extract<StreamPart, { type: 'finish' }>;

const THANKS = /^(?:ok(?:ay)?|great|good|yes|no)?[\s,]*(?:thanks?|thank you)\b/i;
const GOODBYE = /\b(?:goodbye|good bye|bye)\b/i;
const YES = /^(?:yes|yeah|yep|sure|please|okay|ok|of course|that would be)\b/i;
const NO = /^(?:no|nope|not now)\b/i;
const UNKNOWN = 'I am sorry, I do not know that.';
const UNAVAILABLE = 'I am sorry, I cannot look that up at the moment.';

export interface ExtractiveModelOptions {
  /** A destination of the tool `transferCall`, offered where there is no answer. */
  readonly transferTo?: string | undefined;
}

/** What one answer is: words, and the tools that are called behind them. */
interface Answer {
  readonly text?: string | undefined;
  readonly toolCall?: { readonly toolName: string; readonly input: object } | undefined;
}

/**
 * Stands where a language model stands, and needs no account: it looks every question up with
 * `searchKnowledge`, says the sentences of the best passage that fit, and where there are none says so
 * and offers a transfer. It understands thanks, goodbye, yes and no, and nothing else.
 */
export function extractiveModel({ transferTo }: ExtractiveModelOptions = {}): LanguageModel {
  let calls = 0;
  const model: Model = {
    specificationVersion: 'v4',
    provider: 'phone-agent-app',
    modelId: 'extractive',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('This model only streams.')),
    doStream: async (options) => {
      const answer = answerTo(options, transferTo);
      return { stream: ReadableStream.from(partsOf(answer, () => `extract-${++calls}`)) };
    },
  };
  return model;
}

function answerTo({ prompt, tools = [] }: CallOptions, transferTo: string | undefined): Answer {
  const offer = transferTo === undefined ? '' : ` Shall I put you through to ${transferTo}?`;
  const last = prompt.at(-1);
  const asked = callerWords(prompt);
  if (last?.role === 'tool') return { text: answerFrom(last, asked, offer) };
  const has = (name: string): boolean => tools.some((tool) => tool.name === name);
  const wasOffered = offer !== '' && agentWords(prompt).trimEnd().endsWith(offer.trim());
  if (wasOffered && transferTo !== undefined) {
    if (YES.test(asked) && has('transferCall')) {
      const toolCall = { toolName: 'transferCall', input: { destination: transferTo } };
      return { text: `I am putting you through to ${transferTo}.`, toolCall };
    }
    if (NO.test(asked)) return { text: 'All right. What else can I do for you?' };
  }
  if (GOODBYE.test(asked)) {
    const toolCall = has('hangUp') ? { toolName: 'hangUp', input: {} } : undefined;
    return { text: 'Thank you for calling. Goodbye.', toolCall };
  }
  if (THANKS.test(asked)) return { text: 'You are welcome. Is there anything else?' };
  return { toolCall: { toolName: 'searchKnowledge', input: { question: asked } } };
}

type Message = CallOptions['prompt'][number];

function answerFrom(
  { content }: Extract<Message, { role: 'tool' }>,
  question: string,
  offer: string,
): string {
  const told = content.flatMap((part) =>
    part.type === 'tool-result' && part.toolName === 'searchKnowledge' ? [part.output] : [],
  )[0];
  // After other tools there is nothing to say: the call is over, or somebody else's.
  if (told === undefined) return '';
  return told.type === 'text'
    ? answerInRetrieval(told.value, question, offer)
    : UNAVAILABLE + offer;
}

/** The answer in what a model was told of a search: the passages are lines of JSON. */
export function answerInRetrieval(told: string, question: string, offer: string): string {
  const passage = told.split('\n').find((line) => line.startsWith('{"'));
  if (passage !== undefined) {
    return excerptFor(question, (JSON.parse(passage) as { readonly text: string }).text);
  }
  return (/cannot be searched/.test(told) ? UNAVAILABLE : UNKNOWN) + offer;
}

function callerWords(prompt: CallOptions['prompt']): string {
  const message = prompt.findLast(({ role }) => role === 'user');
  return message?.role === 'user' ? textOf(message.content) : '';
}

function agentWords(prompt: CallOptions['prompt']): string {
  const message = prompt.findLast(
    (each) => each.role === 'assistant' && each.content.some((part) => part.type === 'text'),
  );
  return message?.role === 'assistant' ? textOf(message.content) : '';
}

function textOf(content: readonly { readonly type: string; readonly text?: unknown }[]): string {
  return content
    .flatMap((part) => (part.type === 'text' && typeof part.text === 'string' ? [part.text] : []))
    .join(' ')
    .trim();
}

function* partsOf({ text = '', toolCall }: Answer, nextId: () => string): Generator<StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  if (text !== '') {
    yield { type: 'text-start', id: 'text' };
    yield { type: 'text-delta', id: 'text', delta: text };
    yield { type: 'text-end', id: 'text' };
  }
  if (toolCall) {
    const { toolName, input } = toolCall;
    yield { type: 'tool-call', toolCallId: nextId(), toolName, input: JSON.stringify(input) };
  }
  const unified: Finish['finishReason']['unified'] = toolCall ? 'tool-calls' : 'stop';
  yield {
    type: 'finish',
    finishReason: { unified, raw: undefined },
    usage: {
      inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 0, text: 0, reasoning: 0 },
    },
  };
}
