import type { ToolModelMessage, ToolSet } from 'ai';
import type { ToolCallRecord } from './tool-call-record.ts';

type ToolOutput = Extract<ToolModelMessage['content'][number], { type: 'tool-result' }>['output'];

/** What a model is told of a tool's result: what the tool makes of it for models, where it does. */
export async function toolOutput(record: ToolCallRecord, tools: ToolSet): Promise<ToolOutput> {
  const { toolCallId, toolName, input, output, error, endMs } = record;
  if (error !== undefined) return { type: 'error-text', value: error };
  if (endMs === undefined) return { type: 'error-text', value: 'It has not answered yet.' };
  const toModelOutput = tools[toolName]?.toModelOutput as
    | ((options: {
        toolCallId: string;
        input: unknown;
        output: unknown;
      }) => ToolOutput | PromiseLike<ToolOutput>)
    | undefined;
  if (toModelOutput) return toModelOutput({ toolCallId, input, output });
  if (typeof output === 'string') return { type: 'text', value: output };
  return { type: 'json', value: JSON.parse(JSON.stringify(output ?? null)) as never };
}

/** The same for models that take a text. */
export async function toolOutputText(record: ToolCallRecord, tools: ToolSet): Promise<string> {
  const output = await toolOutput(record, tools);
  switch (output.type) {
    case 'text':
      return output.value;
    case 'error-text':
      return JSON.stringify({ error: output.value });
    case 'content':
      return output.value.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
    case 'execution-denied':
      return JSON.stringify({ error: output.reason ?? 'It was not allowed.' });
    default:
      return JSON.stringify(output.value);
  }
}
