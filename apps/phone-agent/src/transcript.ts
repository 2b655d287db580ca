import type { TranscriptEntry, VoiceAgent } from '@phone-agents/agent';
import type { Unsubscribe } from '@phone-agents/core';

/** Tells what is said in each call of an agent, a line at a time, as it is said. */
export function followTranscript(
  agent: VoiceAgent,
  tell: (line: string, entry: TranscriptEntry) => void,
): Unsubscribe {
  return agent.on('session-started', (session) => {
    session.on('transcript-added', (entry) => tell(describeEntry(entry), entry));
  });
}

function describeEntry({ role, input, text, heardText, interrupted }: TranscriptEntry): string {
  if (role === 'caller') return `  caller: ${input === 'digit' ? `[key ${text}]` : text}`;
  const said = interrupted ? `${heardText} [interrupted]`.trim() : text;
  return `  agent:  ${said}`;
}
