import type { Clock, ClockTimer, Logger } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { LanguageModel, ModelMessage, TextStreamPart, ToolSet } from 'ai';
import { iterateUntilAborted } from '../abortable.ts';
import type { AnswerSource } from '../session-events.ts';
import { modelMessages } from './model-messages.ts';
import type { ModelOptions } from './model-options.ts';
import type { ReplyPiece } from './reply-pieces.ts';
import { ReplyPieces } from './reply-pieces.ts';
import type { Thinker, ThinkRequest } from './thinker.ts';
import type { ToolRunner } from './tool-runner.ts';

export interface ModelThinkerOptions {
  readonly model: LanguageModel;
  readonly fallbackModel?: LanguageModel | undefined;
  readonly modelOptions: ModelOptions;
  /** So many times the model is asked for one answer; the last time it gets no tools. */
  readonly maxSteps: number;
  /** Time in which something must come from the model. */
  readonly timeoutMs: number;
  readonly tools: ToolRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly callId: string;
}

/** Has a language model answer, step by step: text, tool calls, their results, text. */
export class ModelThinker implements Thinker {
  readonly #options: ModelThinkerOptions;

  constructor(options: ModelThinkerOptions) {
    this.#options = options;
  }

  think(request: ThinkRequest): AsyncIterable<ReplyPiece> {
    const pieces = new ReplyPieces();
    this.#answer(request, pieces).then(
      () => pieces.end(),
      (error: unknown) => pieces.end({ error }),
    );
    return pieces;
  }

  async #answer(request: ThinkRequest, pieces: ReplyPieces): Promise<void> {
    const { maxSteps, tools } = this.#options;
    const messages = await modelMessages(request, tools.tools);
    const wrapped = tools.toolsFor(request, pieces);
    const answer = new Answer(request, pieces);
    for (let step = 1; step <= maxSteps; step++) {
      const isLast = step === maxSteps;
      const more = await this.#step(answer, messages, wrapped, isLast);
      if (!more) break;
      messages.push(...more);
      // What was said before a tool call is a sentence of its own.
      pieces.push({});
    }
    if (!answer.hasText && !answer.hasCalledTools) {
      throw new PhoneAgentError('reply_empty', 'The model gave neither words nor a tool call.');
    }
  }

  /** One step, by the fallback where the model fails before it has said anything in it. */
  async #step(
    answer: Answer,
    messages: readonly ModelMessage[],
    tools: ToolSet,
    isLast: boolean,
  ): Promise<ModelMessage[] | undefined> {
    const { model, fallbackModel, logger, callId } = this.#options;
    answer.beginStep();
    try {
      return await this.#ask(
        answer.usesFallback ? fallbackModel! : model,
        answer,
        messages,
        tools,
        isLast,
      );
    } catch (error) {
      const { signal } = answer.request;
      if (signal.aborted || !answer.isStepEmpty || !fallbackModel || answer.usesFallback)
        throw error;
      logger.warn({ callId, error }, 'The model failed; the fallback answers');
      answer.usesFallback = true;
      answer.beginStep();
      return this.#ask(fallbackModel, answer, messages, tools, isLast);
    }
  }

  /** @returns the messages of this step where tools were called and another step is due. */
  async #ask(
    model: LanguageModel,
    answer: Answer,
    messages: readonly ModelMessage[],
    tools: ToolSet,
    isLast: boolean,
  ): Promise<ModelMessage[] | undefined> {
    const { modelOptions, clock, timeoutMs } = this.#options;
    const { streamText } = await import('ai');
    const { request } = answer;
    const stopped = new AbortController();
    const signal = AbortSignal.any([request.signal, stopped.signal]);
    const stall = new Stall(clock, timeoutMs, () =>
      stopped.abort(
        new PhoneAgentError('model_timeout', 'Nothing came from the model for too long.'),
      ),
    );
    try {
      const result = streamText({
        ...modelOptions,
        model,
        instructions: request.instructions,
        messages: [...messages],
        tools,
        toolChoice: isLast ? 'none' : 'auto',
        abortSignal: signal,
        // A retry waits for seconds; the fallback does not.
        maxRetries: 0,
        // Told below; without this the SDK prints it.
        onError: () => {},
      });
      let calls = 0;
      let results = 0;
      for await (const part of iterateUntilAborted(result.stream, signal)) {
        // A tool has its own time.
        if (calls === results) stall.touch();
        if (part.type === 'text-delta') answer.addText(part.text);
        else if (part.type === 'tool-call') {
          answer.addToolCall();
          calls++;
          stall.pause();
        } else if (part.type === 'tool-result' || part.type === 'tool-error') {
          results++;
          if (calls === results) stall.touch();
        } else if (part.type === 'source') answer.addSource(sourceOf(part));
        else if (part.type === 'error') throw part.error;
      }
      if (calls === 0 || results < calls) return undefined;
      return [...(await result.responseMessages)];
    } finally {
      stall.pause();
      // Ends the request where it was left before its end.
      stopped.abort();
    }
  }
}

/** How far one answer has come. */
class Answer {
  readonly request: ThinkRequest;
  readonly #pieces: ReplyPieces;
  hasText = false;
  hasCalledTools = false;
  usesFallback = false;
  #isStepEmpty = true;
  /** Of a step that may still be another model's. */
  #stepSources: AnswerSource[] = [];

  constructor(request: ThinkRequest, pieces: ReplyPieces) {
    this.request = request;
    this.#pieces = pieces;
  }

  /** Nothing has come of the present step that could not be taken back. */
  get isStepEmpty(): boolean {
    return this.#isStepEmpty;
  }

  beginStep(): void {
    this.#isStepEmpty = true;
    this.#stepSources = [];
  }

  addText(text: string): void {
    if (text === '') return;
    if (!this.hasText) this.request.onFirstText();
    this.hasText = true;
    this.#settleStep();
    this.#pieces.push(text);
  }

  addToolCall(): void {
    this.hasCalledTools = true;
    this.#settleStep();
  }

  addSource(source: AnswerSource): void {
    if (this.#isStepEmpty) this.#stepSources.push(source);
    else this.request.onSource(source);
  }

  #settleStep(): void {
    this.#isStepEmpty = false;
    for (const source of this.#stepSources.splice(0)) this.request.onSource(source);
  }
}

function sourceOf(part: Extract<TextStreamPart<ToolSet>, { type: 'source' }>): AnswerSource {
  if (part.sourceType === 'url') return { source: part.url, title: part.title };
  return { source: part.filename ?? part.title, title: part.title };
}

/** Tells when nothing has come for too long. */
class Stall {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onStalled: () => void;
  #timer: ClockTimer | undefined;

  constructor(clock: Clock, timeoutMs: number, onStalled: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onStalled = onStalled;
    this.touch();
  }

  touch(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimeout(this.#onStalled, this.#timeoutMs);
  }

  pause(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
