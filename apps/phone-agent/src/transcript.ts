import type { ToolCallEnded, TranscriptEntry, VoiceAgent } from '@phone-agents/agent';
import type { Unsubscribe } from '@phone-agents/core';

/** Tells what is said and looked up in each call of an agent, a line at a time, as it happens. */
export function followTranscript(agent: VoiceAgent, tell: (line: string) => void): Unsubscribe {
  return agent.on('session-started', (session) => {
    session.on('transcript-added', (entry) => tell(describeEntry(entry)));
    session.on('tool-call-ended', (ended) => tell(describeToolCall(ended)));
  });
}

function describeToolCall({ toolName, output, error }: ToolCallEnded): string {
  const sources =
    typeof output === 'object' && output !== null && 'sources' in output ? output.sources : [];
  const found = Array.isArray(sources) ? describeSources(sources) : '';
  return `  agent:  [${toolName}${error === undefined ? '' : ' failed'}${found}]`;
}

function describeEntry(entry: TranscriptEntry): string {
  const { role, input, text, heardText, interrupted, sources = [] } = entry;
  if (role === 'caller') return `  caller: ${input === 'digit' ? `[key ${text}]` : text}`;
  const said = interrupted ? `${heardText} [interrupted]`.trim() : text;
  return `  agent:  ${said}${describeSources(sources.map(({ source }) => source))}`;
}

function describeSources(sources: readonly string[]): string {
  return sources.length === 0 ? '' : ` (${[...new Set(sources)].join(', ')})`;
}
