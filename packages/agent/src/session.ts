import type {
  AttachedPhone,
  EdgeParticipantSession,
  PhoneCall,
  SampleRate,
  Unsubscribe,
} from '@phone-agents/core';
import type { CollectDigitsOptions, CollectedDigits } from './digit-input.ts';
import type { ConversationRecord } from './record/conversation-record.ts';
import type { AgentSessionEvents, AgentState, TranscriptEntry } from './session-events.ts';
import type { AgentSpeech } from './speaking/utterance.ts';

/** Rate at which agents join calls on the edge, in Hz. */
export const AGENT_SAMPLE_RATE: SampleRate = 16_000;

/** The agent in one call, whatever it is made of. Given by `VoiceAgent.join` and `session-started`. */
export interface AgentSession extends EdgeParticipantSession {
  readonly call: PhoneCall;
  /** What the agent is doing. */
  readonly state: AgentState;
  /** What was said so far, in the order in which it was over. */
  readonly transcript: readonly TranscriptEntry[];
  /** Everything that happens in the conversation: an async iterable meanwhile, JSON at the end. */
  readonly record: ConversationRecord;
  /** Listens to the session; listeners are dropped when it is closed. */
  on<Name extends keyof AgentSessionEvents>(
    name: Name,
    listener: (event: AgentSessionEvents[Name]) => void,
  ): Unsubscribe;
  /** Says `text` after all that is being said, or waits to be said. */
  say(text: string): AgentSpeech;
  /**
   * Has the model think something up and says it, after all that is being said: a summary, a reminder,
   * the first words of a call. `instructions` tell it what; the caller does not hear them.
   *
   * @throws PhoneAgentError with code `model_missing` where the agent has a `responder`.
   */
  respond(instructions: string): AgentSpeech;
  /** Takes a text as though the caller had said it: it interrupts the agent and is answered. */
  receiveText(text: string): void;
  /**
   * Hangs up, by default once the caller has heard all that the agent has to say. Resolves when the
   * call has ended.
   */
  hangUp(options?: { readonly afterPlayout?: boolean | undefined }): Promise<void>;
  /** Resolves when the caller has heard all that was made so far, though more may be under way; for tools. */
  whenHeard(): Promise<void>;
  /**
   * Waits for keys of the caller's phone; they are then no input for the model. Ends with the terminator,
   * enough keys, silence, or when the caller says something instead.
   */
  collectDigits(options?: CollectDigitsOptions): Promise<CollectedDigits>;
  /** The phone has joined: the caller hears from now on. */
  phoneAttached(phone: AttachedPhone): void;
}
