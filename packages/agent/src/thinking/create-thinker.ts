import type { Clock, Logger } from '@phone-agents/core';
import type { AgentSession } from '../session.ts';
import type { VoiceAgentSettings } from '../voice-agent-settings.ts';
import { ModelThinker } from './model-thinker.ts';
import { ResponderThinker } from './responder-thinker.ts';
import type { Thinker } from './thinker.ts';
import { ToolRunner } from './tool-runner.ts';

export interface ThinkerContext {
  readonly session: AgentSession;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Media time now, in ms. */
  readonly mediaNow: () => number;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
}

/** Makes what thinks in one call, its tools included. */
export async function createThinker(
  { thinking, replyTimeoutMs }: VoiceAgentSettings,
  { session, clock, logger, mediaNow, signal }: ThinkerContext,
): Promise<Thinker> {
  if (thinking.kind === 'responder')
    return new ResponderThinker(thinking.responder, replyTimeoutMs);
  const { call } = session;
  // Tools that talk before the runner is there are made for each call, so they have not been called yet.
  let runner: ToolRunner | undefined = undefined as ToolRunner | undefined;
  const say = (text: string): void => {
    if (runner) runner.say(text);
    else session.say(text);
  };
  const { tools } = thinking;
  runner = new ToolRunner({
    tools: typeof tools === 'function' ? await tools({ call, session, signal, say }) : tools,
    timeoutMs: thinking.toolTimeoutMs,
    clock,
    mediaNow,
    signal,
    sayLater: (text) => void session.say(text),
  });
  return new ModelThinker({
    ...thinking,
    timeoutMs: thinking.modelTimeoutMs,
    tools: runner,
    clock,
    logger,
    callId: call.id,
  });
}
