import type { AssistantModelMessage, ModelMessage, ToolModelMessage, ToolSet } from 'ai';
import type { ConversationTurn, PlacedToolCall } from '../conversation.ts';
import type { ThinkRequest } from './thinker.ts';
import { toolOutput } from './tool-output.ts';

/** Many models want the first word to be the user's. */
const CALL_BEGINS = '(The call begins.)';

/** The conversation in the AI SDK's form: what was heard, and which tools were called between. */
export async function modelMessages(
  { turns, text, input, orders }: ThinkRequest,
  tools: ToolSet,
): Promise<ModelMessage[]> {
  const messages: ModelMessage[] = [];
  for (const turn of turns) {
    if (turn.role === 'agent') messages.push(...(await agentMessages(turn, tools)));
    else messages.push({ role: 'user', content: callerWords(turn.heard.join(' '), turn.input) });
  }
  if (text !== '') messages.push({ role: 'user', content: callerWords(text, input) });
  if (orders !== undefined) {
    // Not the caller's words; but a model answers the user, not its instructions.
    messages.push({
      role: 'user',
      content: `(Not said by the caller. What to say now: ${orders})`,
    });
  }
  if (messages[0]?.role !== 'user') messages.unshift({ role: 'user', content: CALL_BEGINS });
  return messages;
}

function callerWords(text: string, input: ThinkRequest['input'] | undefined): string {
  return input === 'digit' ? `(The caller pressed ${text} on the phone's keypad.)` : text;
}

async function agentMessages(
  { heard, toolCalls }: ConversationTurn,
  tools: ToolSet,
): Promise<ModelMessage[]> {
  const messages: ModelMessage[] = [];
  let spoken = 0;
  const say = (until: number): void => {
    const content = heard.slice(spoken, until).join(' ').trim();
    spoken = Math.max(spoken, until);
    if (content !== '') messages.push({ role: 'assistant', content });
  };
  for (const group of groupsOf(toolCalls)) {
    say(group[0]!.sentencesBefore);
    messages.push(toolCallMessage(group), await toolResultMessage(group, tools));
  }
  say(heard.length);
  return messages;
}

/** Calls that were made at the same place belong to one message. */
function groupsOf(calls: readonly PlacedToolCall[]): PlacedToolCall[][] {
  const groups: PlacedToolCall[][] = [];
  for (const call of calls) {
    const last = groups.at(-1);
    if (last?.[0]?.sentencesBefore === call.sentencesBefore) last.push(call);
    else groups.push([call]);
  }
  return groups;
}

function toolCallMessage(group: readonly PlacedToolCall[]): AssistantModelMessage {
  return {
    role: 'assistant',
    content: group.map(({ record: { toolCallId, toolName, input } }) => ({
      type: 'tool-call',
      toolCallId,
      toolName,
      input,
    })),
  };
}

async function toolResultMessage(
  group: readonly PlacedToolCall[],
  tools: ToolSet,
): Promise<ToolModelMessage> {
  const content = await Promise.all(
    group.map(async ({ record }) => ({
      type: 'tool-result' as const,
      toolCallId: record.toolCallId,
      toolName: record.toolName,
      output: await toolOutput(record, tools),
    })),
  );
  return { role: 'tool', content };
}
