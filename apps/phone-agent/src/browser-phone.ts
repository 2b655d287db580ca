import type { AgentSession, TurnMeasurement, VoiceAgent } from '@phone-agents/agent';
import type { BrowserPhone, CallNews, LiveCarrier } from '@phone-agents/simulator';
import { createBrowserPhone } from '@phone-agents/simulator';

type Tell = (news: CallNews) => void;

/** A `VoiceAgent`, or somebody who tells nothing of its sessions. */
export type WatchableAgent = Partial<Pick<VoiceAgent, 'on'>>;

/**
 * Makes the phone in the browser for a simulated carrier, and shows its caller what only the agent
 * knows: the transcript, the delays, and what the agent is doing. `close` lets go of the agent as well.
 */
export function createAgentsBrowserPhone(
  carrier: LiveCarrier,
  agent: WatchableAgent,
): BrowserPhone {
  const callers = new Map<string, Tell>();
  const unsubscribe = agent.on?.('session-started', (session) => {
    const tell = callers.get(session.call.providerCallId ?? '');
    if (tell) follow(session, tell);
  });
  const browserPhone = createBrowserPhone(carrier, {
    onCall: ({ providerCallId, ended }, tell) => {
      callers.set(providerCallId, tell);
      void ended.then(() => callers.delete(providerCallId));
    },
  });
  return {
    ...browserPhone,
    close: async () => {
      unsubscribe?.();
      await browserPhone.close();
    },
  };
}

function follow(session: AgentSession, tell: Tell): void {
  session.on('transcript-added', ({ role, text, heardText, input, interrupted }) =>
    tell({ type: 'transcript', role, text: interrupted ? heardText : text, input, interrupted }),
  );
  session.on('turn-measured', (measurement) => tell(describeTurn(measurement)));
  session.on('state-changed', ({ to }) => tell({ type: 'agent-state', state: to }));
}

function describeTurn(measurement: TurnMeasurement): CallNews {
  const { turn, endOfSpeechToFirstAudioMs, endOfTurnMs, recognitionMs, answerMs } = measurement;
  return {
    type: 'turn',
    turn,
    delayMs: endOfSpeechToFirstAudioMs,
    parts: [
      { name: 'end of turn', ms: endOfTurnMs },
      { name: 'recognition', ms: recognitionMs },
      { name: 'answer', ms: answerMs },
    ],
  };
}
