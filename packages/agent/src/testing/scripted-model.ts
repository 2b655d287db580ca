import type { Clock } from '@phone-agents/core';
import { delay, systemClock } from '@phone-agents/core';
import type { LanguageModel } from 'ai';

/** The AI SDK's model contract, as the `ai` package exports it. */
type Model = Extract<LanguageModel, { readonly specificationVersion: 'v4' }>;
type CallOptions = Parameters<Model['doStream']>[0];
type StreamResult = Awaited<ReturnType<Model['doStream']>>;
type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never;
type FinishReason = Extract<StreamPart, { type: 'finish' }>['finishReason'];

/** What a scripted model is asked. */
export interface ScriptedRequest {
  /** The caller's last words; empty where there are none. */
  readonly text: string;
  /** The system instructions. */
  readonly instructions: string;
  /** The whole prompt, in the AI SDK's form. */
  readonly prompt: CallOptions['prompt'];
  /** Names of the tools that it may call. */
  readonly tools: readonly string[];
  /** Results of the tools that it called in the step before, by name. */
  readonly toolResults: Readonly<Record<string, unknown>>;
}

/** One answer of a scripted model in full; a string stands for its `text`. */
export interface ScriptedAnswer {
  readonly text?: string | undefined;
  /** Tools that it calls behind the text. The next item is its answer to their results. */
  readonly toolCalls?: readonly ScriptedToolCall[] | undefined;
  /** Time until its first word, in ms; default 0. */
  readonly delayMs?: number | undefined;
  /** Time between words, in ms; default 0. */
  readonly wordDelayMs?: number | undefined;
  /** It fails with this, after the text where there is one. */
  readonly error?: Error | undefined;
  /** It never ends: nothing comes after the text. */
  readonly hangs?: boolean | undefined;
}

/** One tool that a scripted answer calls. */
export interface ScriptedToolCall {
  readonly toolName: string;
  readonly input?: unknown;
}

/** What one request of the model gets: an answer, or a function that finds one. */
export type ScriptItem =
  string | ScriptedAnswer | ((request: ScriptedRequest) => string | ScriptedAnswer);

/** Options of `scriptedModel`; all have defaults. */
export interface ScriptedModelOptions {
  /** For the delays; default the machine's clock. `callAgent` sets its own. */
  readonly clock?: Clock | undefined;
  /** Answers when the script is over; default: an error. */
  readonly otherwise?: ScriptItem | undefined;
}

/** A model of the AI SDK that answers from a script. Made by {@link scriptedModel}. */
export interface ScriptedModel extends Model {
  /** All that it was asked so far. */
  readonly requests: readonly ScriptedRequest[];
  /** Takes its delays from another clock from now on. */
  useClock(clock: Clock): void;
}

/**
 * A language model for tests: its first request gets the first item of the script, its second the
 * second. It streams word by word, calls tools and fails as the script says.
 *
 * ```ts
 * const model = scriptedModel([
 *   { text: 'One moment.', toolCalls: [{ toolName: 'book', input: { day: 'Monday' } }] },
 *   ({ toolResults }) => `Booked: ${String(toolResults.book)}.`,
 * ]);
 * ```
 */
export function scriptedModel(
  script: readonly ScriptItem[],
  options: ScriptedModelOptions = {},
): ScriptedModel {
  return new ScriptedLanguageModel(script, options);
}

const USAGE: Extract<StreamPart, { type: 'finish' }>['usage'] = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

class ScriptedLanguageModel implements ScriptedModel {
  readonly specificationVersion = 'v4';
  readonly provider = 'scripted';
  readonly modelId = 'script';
  readonly supportedUrls = {};
  readonly requests: ScriptedRequest[] = [];
  readonly #script: readonly ScriptItem[];
  readonly #otherwise: ScriptItem | undefined;
  #clock: Clock;
  #toolCalls = 0;

  constructor(script: readonly ScriptItem[], options: ScriptedModelOptions) {
    this.#script = script;
    this.#otherwise = options.otherwise;
    this.#clock = options.clock ?? systemClock;
  }

  useClock(clock: Clock): void {
    this.#clock = clock;
  }

  doGenerate(): never {
    throw new Error('A scripted model only streams.');
  }

  async doStream(options: CallOptions): Promise<StreamResult> {
    const request = describe(options);
    const item = this.#script[this.requests.length] ?? this.#otherwise;
    this.requests.push(request);
    if (item === undefined) {
      throw new Error(
        `The script has ${this.#script.length} answers, and this is request ${this.requests.length}: ${request.text}`,
      );
    }
    const found = typeof item === 'function' ? item(request) : item;
    const parts = this.#parts(typeof found === 'string' ? { text: found } : found, options);
    return { stream: ReadableStream.from(parts) };
  }

  async *#parts(
    answer: ScriptedAnswer,
    { abortSignal }: CallOptions,
  ): AsyncGenerator<StreamPart, void, undefined> {
    const wait = async (delayMs: number | undefined): Promise<void> => {
      if (delayMs !== undefined && delayMs > 0) await delay(this.#clock, delayMs, abortSignal);
      abortSignal?.throwIfAborted();
    };
    yield { type: 'stream-start', warnings: [] };
    await wait(answer.delayMs);
    const words = answer.text?.match(/\S+\s*/g) ?? [];
    if (words.length > 0) yield { type: 'text-start', id: 'text' };
    for (const [index, delta] of words.entries()) {
      if (index > 0) await wait(answer.wordDelayMs);
      yield { type: 'text-delta', id: 'text', delta };
    }
    if (words.length > 0) yield { type: 'text-end', id: 'text' };
    if (answer.hangs) await untilAborted(abortSignal);
    if (answer.error !== undefined) throw answer.error;
    for (const { toolName, input = {} } of answer.toolCalls ?? []) {
      const toolCallId = `call-${++this.#toolCalls}`;
      yield { type: 'tool-call', toolCallId, toolName, input: JSON.stringify(input) };
    }
    const unified: FinishReason['unified'] = answer.toolCalls?.length ? 'tool-calls' : 'stop';
    yield { type: 'finish', usage: USAGE, finishReason: { unified, raw: undefined } };
  }
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

function describe({ prompt, tools }: CallOptions): ScriptedRequest {
  const last = prompt.findLast(({ role }) => role === 'user');
  const system = prompt.find(({ role }) => role === 'system');
  const results = prompt.at(-1);
  const toolResults: Record<string, unknown> = {};
  if (results?.role === 'tool') {
    for (const part of results.content) {
      if (part.type !== 'tool-result') continue;
      toolResults[part.toolName] = 'value' in part.output ? part.output.value : part.output;
    }
  }
  return {
    text:
      last?.role === 'user'
        ? last.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
        : '',
    instructions: system?.role === 'system' ? system.content : '',
    prompt,
    tools: (tools ?? []).map(({ name }) => name),
    toolResults,
  };
}
