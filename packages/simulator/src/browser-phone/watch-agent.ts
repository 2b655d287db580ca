import type { CallNews } from '../control/control-protocol.ts';

/** An agent whose sessions the page shows; `createVoiceAgent` of `@phone-agents/agent` makes one. */
export interface WatchedAgent {
  on(name: 'session-started', listener: (session: WatchedSession) => void): () => void;
}

/** One call of a {@link WatchedAgent}. */
export interface WatchedSession {
  readonly call: { readonly providerCallId?: string | undefined };
  on(
    name: 'transcript-added',
    listener: (entry: {
      readonly role: 'caller' | 'agent';
      readonly text: string;
      readonly heardText: string;
      readonly input?: 'speech' | 'digit' | 'text' | undefined;
      readonly interrupted: boolean;
      readonly sources?: readonly { readonly source: string }[] | undefined;
    }) => void,
  ): unknown;
  on(
    name: 'tool-call-ended',
    listener: (ended: {
      readonly toolName: string;
      readonly output?: unknown;
      readonly error?: string | undefined;
    }) => void,
  ): unknown;
  on(
    name: 'turn-measured',
    listener: (measurement: {
      readonly turn: number;
      readonly endOfSpeechToFirstAudioMs: number;
      readonly endOfTurnMs: number;
      readonly recognitionMs: number;
      readonly answerMs: number;
    }) => void,
  ): unknown;
  on(
    name: 'state-changed',
    listener: (change: { readonly to: 'listening' | 'thinking' | 'speaking' }) => void,
  ): unknown;
}

type Tell = (news: CallNews) => void;

/** Tells the callers of an agent what it knows of their calls, by the carrier's ids of these. */
export function watchAgent(agent: WatchedAgent, tellOf: (callId: string) => Tell | undefined) {
  return agent.on('session-started', (session) => {
    const tell = tellOf(session.call.providerCallId ?? '');
    if (!tell) return;
    session.on('transcript-added', ({ role, text, heardText, input, interrupted, sources }) =>
      tell({
        type: 'transcript',
        role,
        text: interrupted ? heardText : text,
        input,
        interrupted,
        sources: sources?.map(({ source }) => source),
      }),
    );
    session.on('tool-call-ended', ({ toolName, output, error }) =>
      tell({
        type: 'tool-call',
        name: toolName,
        failed: error !== undefined,
        sources: sourcesIn(output),
      }),
    );
    session.on('turn-measured', ({ turn, endOfSpeechToFirstAudioMs, ...parts }) =>
      tell({
        type: 'turn',
        turn,
        delayMs: endOfSpeechToFirstAudioMs,
        parts: [
          { name: 'end of turn', ms: parts.endOfTurnMs },
          { name: 'recognition', ms: parts.recognitionMs },
          { name: 'answer', ms: parts.answerMs },
        ],
      }),
    );
    session.on('state-changed', ({ to }) => tell({ type: 'agent-state', state: to }));
  });
}

function sourcesIn(output: unknown): string[] {
  if (typeof output !== 'object' || output === null || !('sources' in output)) return [];
  const { sources } = output;
  return Array.isArray(sources) ? sources.filter((source) => typeof source === 'string') : [];
}
