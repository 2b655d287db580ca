import type { PhoneCall } from '@phone-agents/core';
import type { ToolSet } from 'ai';
import type { AgentSession } from '../session.ts';

/** What the agent's tools get to know of the call that they are made for. */
export interface ToolContext {
  readonly call: PhoneCall;
  /** The agent in this call. */
  readonly session: AgentSession;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  /**
   * Says a sentence while a tool works, before what the model makes of its result: `One moment, I
   * am looking that up.` While no tool works it is said like `session.say`.
   */
  readonly say: (text: string) => void;
}

/** What the agent is to do: the same for all calls, or made for each. */
export type AgentInstructions =
  string | ((context: { readonly call: PhoneCall }) => string | Promise<string>);

/** Tools of the AI SDK: the same for all calls, or made for each. */
export type AgentTools = ToolSet | ((context: ToolContext) => ToolSet | Promise<ToolSet>);
