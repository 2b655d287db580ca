/** What the agent is doing: `thinking` is from the end of the caller's turn to the first sound of the answer. */
export type AgentState = 'listening' | 'thinking' | 'speaking';

/** The agent began to do something else. */
export interface AgentStateChanged {
  readonly from: AgentState;
  readonly to: AgentState;
}

/** How the caller said something. */
export type CallerInput = 'speech' | 'digit' | 'text';

/** What an answer was made from, as the model tells: a passage of a document, a page of the web. */
export interface AnswerSource {
  /** Where it is found: the name of a file, an address. */
  readonly source: string;
  /** What it is called. */
  readonly title?: string | undefined;
}

/** One thing that was said in the call. Times are media time, in ms from the phone's first sample. */
export interface TranscriptEntry {
  readonly role: 'caller' | 'agent';
  /** How it came; absent for the agent. */
  readonly input?: CallerInput | undefined;
  /** What was said, or was meant to be said. */
  readonly text: string;
  /** What of it the other side heard: the same, but where the caller interrupted the agent. */
  readonly heardText: string;
  readonly startMs: number;
  readonly endMs: number;
  /** How much of the agent's audio the caller heard, in ms, pauses left out; absent for the caller. */
  readonly heardMs?: number | undefined;
  /** The caller stopped the agent before its end. */
  readonly interrupted: boolean;
  /** What the model had before it, each once; absent where it named nothing. What tools found is in their output. */
  readonly sources?: readonly AnswerSource[] | undefined;
}

/** How long one answer took, by the clock. Emitted when its first frame was heard, or will not be. */
export interface TurnMeasurement {
  /** Counts the caller's turns of this call, from 1. */
  readonly turn: number;
  readonly input: CallerInput;
  /** Media time of the true end of the caller's speech (or of the key, or the text), in ms. */
  readonly spokenAtMs: number;
  /** From the true end of the caller's speech (or the key, or the text) to the first frame of the answer. */
  readonly endOfSpeechToFirstAudioMs: number;
  /** Of that: until the silence was long enough for the turn to be over. */
  readonly endOfTurnMs: number;
  /** Then: until the words were known. */
  readonly recognitionMs: number;
  /** Then: until the first frame of the answer; waiting for what was being said already included. */
  readonly answerMs: number;
  /** Of that: until the first text of the answer. */
  readonly firstTextMs: number;
  /** Then: until the first samples of its speech. */
  readonly firstSamplesMs: number;
  /** Then: until its first frame went out. */
  readonly firstFrameMs: number;
  /** Then: until the caller heard that frame; absent where that never came. */
  readonly firstHeardMs?: number | undefined;
  /** The answer was begun before the turn was over for certain. */
  readonly isEarly: boolean;
}

/**
 * The caller has interrupted the agent, who is silent by now. Where it turns out that nothing was
 * said, a cough or a noise, the agent goes on: `speech-resumed`.
 */
export interface InterruptionAccepted {
  /** Media time at which the caller began to speak, in ms; of keys and texts: now. */
  readonly startedAtMs: number;
  /** Media time at which it was accepted, in ms. */
  readonly acceptedAtMs: number;
  readonly input: CallerInput;
  /** What the agent was saying, or was about to say; empty while it was thinking. */
  readonly text: string;
  /** What the caller heard of that. */
  readonly heardText: string;
}

/** What had interrupted the agent was no speech: the agent goes on where it stopped. */
export interface SpeechResumed {
  /** Media time, in ms. */
  readonly atMs: number;
}

/** A tool has given its result, or has failed. Times are media time in ms. */
export interface ToolCallEnded {
  readonly toolCallId: string;
  readonly toolName: string;
  /** What the model gave it. */
  readonly input: unknown;
  /** What it gave. */
  readonly output?: unknown;
  /** Why it failed, as the model was told. */
  readonly error?: string | undefined;
  readonly startMs: number;
  readonly endMs?: number | undefined;
}

/** There was no answer, or it could not be spoken, or the caller's words were not recognised. */
export interface TurnFailed {
  /** Code of the error, where it is one of ours; else `unknown`. */
  readonly code: string;
  readonly error: unknown;
}

/** What an agent session tells, by the name of the event. */
export interface AgentSessionEvents {
  'transcript-added': TranscriptEntry;
  'state-changed': AgentStateChanged;
  'turn-measured': TurnMeasurement;
  'interruption-accepted': InterruptionAccepted;
  'speech-resumed': SpeechResumed;
  'tool-call-ended': ToolCallEnded;
  'turn-failed': TurnFailed;
}
