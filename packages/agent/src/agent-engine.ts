import type {
  AnsweringMachine,
  AudioFrame,
  Clock,
  Emitter,
  Logger,
  PhoneBridge,
  PhoneCall,
} from '@phone-agents/core';
import type { CollectDigitsOptions, CollectedDigits } from './digit-input.ts';
import type { EchoDetector } from './listening/echo-detector.ts';
import type { MediaTimeline } from './listening/media-timeline.ts';
import type { AgentSessionEvents, AgentState, TranscriptEntry } from './session-events.ts';
import type { AgentSession } from './session.ts';
import type { AudioPublisher } from './speaking/audio-publisher.ts';
import type { AgentSpeech } from './speaking/utterance.ts';
import type { VoiceAgentSettings } from './voice-agent-settings.ts';

/** What hears, thinks and speaks in one call; its place in the call is the session's concern. */
export interface AgentEngine {
  readonly state: AgentState;
  readonly transcript: readonly TranscriptEntry[];
  /** Opens and renders what needs no place in the call. */
  open(): Promise<void>;
  /** Has a place in the call, and opens what needs one. At the same time as `open`. */
  joined(publisher: AudioPublisher): Promise<void>;
  /** All is open. */
  greet(): void;
  /** The phone is there: from now on things are heard and said. */
  attached(bridge: PhoneBridge): void;
  /** One frame of the caller's; borrowed. Not called while the caller is on hold. */
  receive(frame: AudioFrame): void;
  /** Not called while the caller is on hold. */
  receiveDigit(digit: string): void;
  /** The caller is on hold: the agent is silent until they are back. */
  set isHeld(isHeld: boolean);
  say(text: string): AgentSpeech;
  /** Says a last sentence in place of all that is being said; it cannot be interrupted. */
  sayLast(text: string): AgentSpeech;
  respond(instructions: string): AgentSpeech;
  receiveText(text: string): void;
  collectDigits(options: CollectDigitsOptions): Promise<CollectedDigits>;
  leaveMessage(machine: AnsweringMachine): Promise<void>;
  /** Resolves when the caller has heard all that was made so far, though more may be under way. */
  whenHeard(): Promise<void>;
  /** Resolves when nothing is being said, made or asked for. */
  whenIdle(): Promise<void>;
  /** Silent within this very call, then frees everything. Called once. */
  close(): Promise<void>;
}

/** What an engine gets to know of its call. */
export interface EngineContext {
  readonly call: PhoneCall;
  readonly session: AgentSession;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeline: MediaTimeline;
  readonly events: Emitter<AgentSessionEvents>;
  /** Compares what the caller's side brings with what the agent says. */
  readonly echo: EchoDetector;
  /** Aborted when the agent leaves the call. */
  readonly signal: AbortSignal;
}

/** Makes an agent's engines, and holds what they share. */
export interface EngineFactory {
  readonly settings: Pick<VoiceAgentSettings, 'userId' | 'name' | 'timeLimit'>;
  /** Loads models and renders the fixed sentences before the first call, which is then as fast as the next. */
  prepare(): Promise<void>;
  create(context: EngineContext): AgentEngine;
}
