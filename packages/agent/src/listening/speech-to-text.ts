import type { AudioFrame, SampleRate } from '@phone-agents/core';

/** What was recognised in one turn of the caller's. */
export interface Transcript {
  /** The words, or an empty string where none were recognised. */
  readonly text: string;
  /** How sure the recogniser is, 0 to 1, where it says so. */
  readonly confidence?: number | undefined;
}

/** Words or phrases that a call is likely to hold; recognisers that can be tuned use them. */
export interface SpeechToTextHints {
  /** Whole sentences that callers are likely to say. */
  readonly phrases?: readonly string[] | undefined;
}

/** Turns speech into text. Reusable: it holds no call's state; `open` gives one stream per call. */
export interface SpeechToText {
  /** Rate of the frames that its streams take, in Hz. */
  readonly sampleRate: SampleRate;
  /**
   * Its streams want all of the caller's audio, silence included, as it comes: for recognisers that
   * find the end of a turn by themselves. Default false: they get speech only, with 200 ms around
   * it, once the voice activity detector has judged it.
   */
  readonly isContinuous?: boolean | undefined;
  /** Loads what takes time (models, connections), so that the first call does not wait. Repeatable. */
  prepare?(hints?: SpeechToTextHints): Promise<void>;
  /**
   * Opens the recognition of one call.
   *
   * @throws PhoneAgentError with code `speech_unavailable` where the recogniser cannot run here.
   */
  open(options?: SpeechToTextOptions): Promise<SpeechToTextStream>;
  /** Frees what all streams share. */
  close?(): Promise<void>;
}

/** How a recogniser listens to one call. */
export interface SpeechToTextOptions extends SpeechToTextHints {
  /** Aborting it closes the stream. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told of the words of the turn that goes on, all of them so far, as they are recognised, where
   * the recogniser can.
   */
  readonly onInterim?: ((transcript: Transcript) => void) | undefined;
  /**
   * Told that the turn seems to be over, with its words so far, where the recogniser can tell. The
   * answer may be prepared from then on; it is dropped when the caller goes on.
   */
  readonly onTurnEndLikely?: ((transcript: Transcript) => void) | undefined;
  /**
   * Told of the end of a turn and its words, where the recogniser finds it by itself. `endTurn` is
   * not called for that turn then.
   */
  readonly onTurnEnded?: ((transcript: Transcript) => void) | undefined;
  /** Told of a fault at run time; the stream is closed then. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Recognition of one call's audio. A turn begins with the first frame after the last `endTurn`. */
export interface SpeechToTextStream {
  /** Takes one frame of the caller's; borrowed, so it is copied if it is kept. Never blocks. */
  write(frame: AudioFrame): void;
  /** The caller has stopped: the words of all that was written since the last turn. */
  endTurn(): Promise<Transcript>;
  /** Forgets what was written since the last turn (a noise, a false start). */
  discardTurn(): void;
  /** Frees the stream. Repeatable. */
  close(): Promise<void>;
}
