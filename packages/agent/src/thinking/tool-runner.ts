import type { Clock } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { ToolSet } from 'ai';
import { untilAborted } from '../abortable.ts';
import { lastOf } from './last-value.ts';
import type { ReplyPieces } from './reply-pieces.ts';
import type { ThinkRequest } from './thinker.ts';
import { timeoutOf } from './tool-timeouts.ts';
import type { ToolCallRecord } from './tool-call-record.ts';

export interface ToolRunnerOptions {
  readonly tools: ToolSet;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Media time now, in ms. */
  readonly mediaNow: () => number;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  /** Says something while no tool works. */
  readonly sayLater: (text: string) => void;
}

/**
 * Runs the agent's tools: keeps a record of each call, lets none take too long, and lets none begin
 * while the answer is only a draft. A tool that works when the caller interrupts goes on working, for
 * what it does cannot be called back: the model learns of its result with the next question.
 */
export class ToolRunner {
  readonly tools: ToolSet;
  readonly #options: ToolRunnerOptions;
  /** The answers for which tools work now, the newest last. */
  readonly #working: ReplyPieces[] = [];

  constructor(options: ToolRunnerOptions) {
    this.#options = options;
    this.tools = options.tools;
  }

  /** Says a sentence within the answer for which a tool works. */
  say(text: string): void {
    const pieces = this.#working.at(-1);
    if (pieces) pieces.pushSentence(text);
    else this.#options.sayLater(text);
  }

  /** The tools as the model gets them for one answer. */
  toolsFor(request: ThinkRequest, pieces: ReplyPieces): ToolSet {
    const wrapped: ToolSet = {};
    for (const [name, tool] of Object.entries(this.tools)) {
      const execute = tool.execute as Execute | undefined;
      if (!execute) {
        wrapped[name] = tool;
        continue;
      }
      const run: Execute = (input, options) =>
        this.#run(name, tool, execute.bind(tool), input, options, request, pieces);
      wrapped[name] = Object.assign({}, tool, { execute: run });
    }
    return wrapped;
  }

  async #run(
    toolName: string,
    tool: object,
    execute: Execute,
    input: unknown,
    options: ExecuteOptions,
    request: ThinkRequest,
    pieces: ReplyPieces,
  ): Promise<unknown> {
    await untilAborted(request.confirmed, request.signal);
    const { mediaNow } = this.#options;
    const record: { -readonly [K in keyof ToolCallRecord]: ToolCallRecord[K] } = {
      toolCallId: options.toolCallId,
      toolName,
      input,
      startMs: mediaNow(),
    };
    pieces.push({ toolCall: record });
    request.onToolCalled(record);
    this.#working.push(pieces);
    try {
      record.output = await this.#inTime(timeoutOf(tool), (abortSignal) =>
        lastOf(execute(input, { ...options, abortSignal })),
      );
      return record.output;
    } catch (error) {
      record.error = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      const at = this.#working.lastIndexOf(pieces);
      if (at >= 0) this.#working.splice(at, 1);
      record.endMs = mediaNow();
      request.onToolCallEnded(record);
    }
  }

  async #inTime<T>(
    ownTimeoutMs: number | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, timeoutMs, signal } = this.#options;
    const over = new AbortController();
    const timer = clock.setTimeout(
      () => over.abort(new PhoneAgentError('tool_timeout', 'The tool took too long.')),
      ownTimeoutMs ?? timeoutMs,
    );
    const either = AbortSignal.any([signal, over.signal]);
    try {
      return await untilAborted(work(either), either);
    } finally {
      timer.cancel();
    }
  }
}

interface ExecuteOptions {
  readonly toolCallId: string;
  readonly abortSignal?: AbortSignal | undefined;
}

type Execute = (input: unknown, options: ExecuteOptions) => unknown;
