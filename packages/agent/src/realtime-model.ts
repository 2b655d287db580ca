import type { AudioFrame, Clock, Logger, SampleRate } from '@phone-agents/core';
import type { ConversationMessage } from './thinking/responder.ts';

/**
 * A model that hears and speaks by itself. Reusable: it holds no call's state; `connect` gives one
 * conversation per call. Its two rates are its own: 24 kHz both ways, 16 kHz in and 24 kHz out, or
 * 8 kHz where the vendor takes mu-law.
 */
export interface RealtimeModel {
  /** Rate of the frames that its connections take, in Hz. */
  readonly inputSampleRate: SampleRate;
  /** Rate of the samples that its connections give, in Hz. */
  readonly outputSampleRate: SampleRate;
  /**
   * Whether it answers by itself when it believes the caller's turn is over. Where false, it answers
   * only when `respond` is called, so that the agent decides what is a turn and what is a noise.
   */
  readonly answersItself: boolean;
  /** Loads what takes time, so that the first call does not wait. Repeatable. */
  prepare?(): Promise<void>;
  /**
   * Opens the conversation of one call, ready to hear and to speak.
   *
   * @throws PhoneAgentError that says what to do: a key that is missing or wrong, a quota that is used up.
   */
  connect(options: RealtimeConnectOptions): Promise<RealtimeConnection>;
  /** Frees what all connections share. */
  close?(): Promise<void>;
}

/** A function that the model may call. */
export interface RealtimeTool {
  readonly name: string;
  /** What it does and when to use it, for the model. */
  readonly description: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a realtime model gets for one call. */
export interface RealtimeConnectOptions {
  /** What the model is to do; empty leaves it to the vendor. */
  readonly instructions: string;
  readonly tools: readonly RealtimeTool[];
  /**
   * Told of all that happens, in order; must not throw. Not called once `close` was called, nor
   * behind `connection-closed`.
   */
  readonly onEvent: (event: RealtimeEvent) => void;
  /**
   * What was said so far, as it was heard, oldest first: what a model is told whose connection was
   * lost and had to be made anew. Default nothing.
   */
  readonly history?: (() => readonly ConversationMessage[]) | undefined;
  /** Aborting it closes the connection, or gives up opening it. */
  readonly signal?: AbortSignal | undefined;
  /** For timeouts and waiting between attempts; default the system's. */
  readonly clock?: Clock | undefined;
  /** Default none. */
  readonly logger?: Logger | undefined;
}

/** One call's conversation with the model. After its end all methods do nothing. */
export interface RealtimeConnection {
  /**
   * Takes one frame of the caller's at `inputSampleRate`, speech or silence, without gaps; borrowed.
   * Never blocks. While the connection is being made anew the last seconds are kept.
   */
  write(frame: AudioFrame): void;
  /**
   * Asks for an answer; it follows the one that is being made. `instructions` hold for this answer
   * alone, and are followed in place of the conversation's.
   */
  respond(options?: { readonly instructions?: string | undefined }): void;
  /** Adds a text to the conversation as though the caller had said it; does not ask for an answer. */
  addText(text: string): void;
  /** Gives the result of a `tool-called`; does not ask for an answer. */
  sendToolResult(callId: string, output: string): void;
  /**
   * The agent was interrupted: what is being made and what was asked for is cancelled, and no event of
   * it comes any more. `itemId` is cut to what was heard of it, so that the model does not believe that
   * it said the rest.
   *
   * @param itemId What was being said; undefined where nothing was heard yet.
   * @param heardMs How much of the item's audio was heard, in ms.
   */
  interrupt(itemId: string | undefined, heardMs: number): void;
  /** Forgets a turn of the caller's that was a noise. */
  discardTurn(itemId: string): void;
  /** Closes it; nothing remains. Repeatable. */
  close(): Promise<void>;
}

/** What happens in a {@link RealtimeConnection}. */
export type RealtimeEvent =
  | RealtimeSpeechStarted
  | RealtimeTurnEnded
  | RealtimeCallerTranscribed
  | RealtimeResponseStarted
  | RealtimeAudioReceived
  | RealtimeTextReceived
  | RealtimeToolCalled
  | RealtimeResponseEnded
  | RealtimeConnectionLost
  | RealtimeConnectionRestored
  | RealtimeConnectionClosed;

/** The model hears the caller speak. */
export interface RealtimeSpeechStarted {
  readonly type: 'speech-started';
  /** Where it began, in ms of the audio written to this connection; reconnecting does not reset it. */
  readonly inputMs: number;
}

/** The model believes that the caller's turn is over. */
export interface RealtimeTurnEnded {
  readonly type: 'turn-ended';
  /** The turn's item, for `discardTurn` and `caller-transcribed`. */
  readonly itemId: string;
  /** Where its speech ended, in ms of the audio written to this connection. */
  readonly inputMs: number;
}

/**
 * What the caller said in a turn; may come after the answer has begun, or never. An empty text says that
 * it held no words: behind a noise that has silenced the agent, it goes on where it stopped.
 */
export interface RealtimeCallerTranscribed {
  readonly type: 'caller-transcribed';
  readonly itemId: string;
  readonly text: string;
}

/** The model has begun to make an answer. */
export interface RealtimeResponseStarted {
  readonly type: 'response-started';
  readonly responseId: string;
}

/** A piece of speech, faster than it can be heard. */
export interface RealtimeAudioReceived {
  readonly type: 'audio-received';
  readonly responseId: string;
  /** What is being said, for `interrupt`. */
  readonly itemId: string;
  /** Signed 16-bit mono PCM at `outputSampleRate`, of any length and its own memory: it may be kept. */
  readonly samples: Int16Array;
}

/** A piece of the words of `itemId`, about as far as its audio has come. */
export interface RealtimeTextReceived {
  readonly type: 'text-received';
  readonly responseId: string;
  readonly itemId: string;
  readonly text: string;
}

/** The model wants a tool to be called; answered by `sendToolResult`. */
export interface RealtimeToolCalled {
  readonly type: 'tool-called';
  readonly responseId: string;
  readonly callId: string;
  readonly name: string;
  /** Its arguments as the model wrote them: JSON, which may not fit the schema. */
  readonly arguments: string;
}

/** An answer is made, whether or not it has been heard. */
export interface RealtimeResponseEnded {
  readonly type: 'response-ended';
  readonly responseId: string;
  readonly status: 'completed' | 'cancelled' | 'failed';
  /** Why it failed. */
  readonly error?: unknown;
}

/** The connection is gone and is being made anew; the answer that was being made will not come. */
export interface RealtimeConnectionLost {
  readonly type: 'connection-lost';
  readonly error: unknown;
}

/** The connection is there again and knows what `history` gave. */
export interface RealtimeConnectionRestored {
  readonly type: 'connection-restored';
}

/** It is over for good: it could not be made anew, or the vendor refused to go on. */
export interface RealtimeConnectionClosed {
  readonly type: 'connection-closed';
  readonly error: unknown;
}
