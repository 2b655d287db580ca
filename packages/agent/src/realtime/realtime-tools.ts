import type { Clock } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { ModelMessage, ToolSet } from 'ai';
import { untilAborted } from '../abortable.ts';
import type { RealtimeTool } from '../realtime-model.ts';
import { lastOf } from '../thinking/last-value.ts';
import type { ConversationMessage } from '../thinking/responder.ts';
import type { ToolCallRecord } from '../thinking/tool-call-record.ts';
import { toolOutputText } from '../thinking/tool-output.ts';
import { timeoutOf } from '../thinking/tool-timeouts.ts';

/** A tool call, as the model wrote it. */
export interface WantedToolCall {
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
}

/** How a tool call came out, and what the model is told of it. */
export interface FinishedToolCall {
  readonly record: ToolCallRecord;
  readonly output: string;
}

export interface RealtimeToolsOptions {
  readonly tools: ToolSet;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Media time now, in ms. */
  readonly mediaNow: () => number;
  /** What was heard on either side so far. */
  readonly history: () => readonly ConversationMessage[];
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Describes tools of the AI SDK to a realtime model, and runs them when it asks for it. */
export class RealtimeTools {
  readonly definitions: readonly RealtimeTool[];
  readonly #options: RealtimeToolsOptions;

  private constructor(options: RealtimeToolsOptions, definitions: readonly RealtimeTool[]) {
    this.#options = options;
    this.definitions = definitions;
  }

  static async create(options: RealtimeToolsOptions): Promise<RealtimeTools> {
    const tools = Object.entries(options.tools);
    if (tools.length === 0) return new RealtimeTools(options, []);
    const { asSchema } = await import('ai');
    const definitions = await Promise.all(
      tools.map(async ([name, tool]): Promise<RealtimeTool> => {
        const parameters = await asSchema(tool.inputSchema).jsonSchema;
        const description = typeof tool.description === 'string' ? tool.description : '';
        return { name, description, parameters: parameters as RealtimeTool['parameters'] };
      }),
    );
    return new RealtimeTools(options, definitions);
  }

  /** Runs a tool; whatever goes wrong, the model is told so in words. */
  async run({ callId, name, arguments: json }: WantedToolCall): Promise<FinishedToolCall> {
    const { mediaNow, tools } = this.#options;
    const record: Mutable<ToolCallRecord> = {
      toolCallId: callId,
      toolName: name,
      input: json,
      startMs: mediaNow(),
    };
    try {
      record.input = await this.#parse(name, json);
      record.output = await this.#execute(name, record.input, callId);
    } catch (error) {
      record.error = messageOf(error);
    }
    record.endMs = mediaNow();
    const output = await toolOutputText(record, tools).catch((error: unknown) =>
      JSON.stringify({ error: messageOf(error) }),
    );
    return { record, output };
  }

  async #parse(name: string, json: string): Promise<unknown> {
    const tool = this.#options.tools[name];
    if (!tool) throw new PhoneAgentError('tool_missing', `There is no tool ${name}.`);
    const { asSchema } = await import('ai');
    let input: unknown;
    try {
      input = JSON.parse(json === '' ? '{}' : json);
    } catch {
      throw new PhoneAgentError('tool_input_invalid', 'The arguments are not JSON.');
    }
    const validated = await asSchema(tool.inputSchema).validate?.(input);
    if (validated === undefined) return input;
    if (validated.success) return validated.value;
    throw new PhoneAgentError('tool_input_invalid', validated.error.message);
  }

  async #execute(name: string, input: unknown, toolCallId: string): Promise<unknown> {
    const { clock, timeoutMs, signal, tools } = this.#options;
    const tool = tools[name]!;
    const execute = tool.execute as Execute | undefined;
    if (!execute) throw new PhoneAgentError('tool_missing', `The tool ${name} does nothing.`);
    const over = new AbortController();
    const timer = clock.setTimeout(
      () => over.abort(new PhoneAgentError('tool_timeout', 'The tool took too long.')),
      timeoutOf(tool) ?? timeoutMs,
    );
    const either = AbortSignal.any([signal, over.signal]);
    try {
      const work = lastOf(
        execute.call(tool, input, {
          toolCallId,
          messages: this.#options.history().map(modelMessage),
          abortSignal: either,
        }),
      );
      return await untilAborted(work, either);
    } finally {
      timer.cancel();
    }
  }
}

interface ExecuteOptions {
  readonly toolCallId: string;
  readonly messages: readonly ModelMessage[];
  readonly abortSignal: AbortSignal;
}

type Execute = (input: unknown, options: ExecuteOptions) => unknown;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function modelMessage({ role, text }: ConversationMessage): ModelMessage {
  return { role: role === 'caller' ? 'user' : 'assistant', content: text };
}
