/** What the page offers to whoever drives it, as `window.participant`. Everything is called from outside. */
export interface PageParticipant {
  /** Connects and joins with the microphone on. */
  join(options: PageJoinOptions): Promise<void>;
  /** The names of the others in the call. */
  names(): string[];
  /** Whether sound of a participant of this name arrives. */
  hears(name: string): boolean;
  /** Begins to record what arrives from a participant; what was recorded before is forgotten. */
  record(name: string): Promise<void>;
  /** How much was recorded so far. */
  recordedSeconds(): number;
  /** What was recorded, and the recording goes on: signed 16-bit samples, little endian, in Base64. */
  recorded(): string;
  /** When sound of at least this level (0 to 1) began after silence, in ms since 1970. */
  onsets(level: number): number[];
  /** What the browser's own jitter buffer has done since the join. */
  jitterBuffer(): Promise<JitterBufferStats>;
  leave(): Promise<void>;
}

/** Sums of a browser's statistics: the second divided by the first is how long a sample waited. */
export interface JitterBufferStats {
  readonly samples: number;
  readonly waitedMs: number;
}

export interface PageJoinOptions {
  readonly apiKey: string;
  readonly userId: string;
  readonly name: string;
  readonly token: string;
  readonly callType: string;
  readonly callId: string;
  readonly baseUrl: string;
  readonly locationHintUrl: string;
}

/** A block of what was recorded, as it came from the recorder. */
export interface RecordedBlock {
  readonly samples: Float32Array;
  /** When its turn to be played was, in ms since 1970. */
  readonly atMs: number;
}

/** The rate of what is recorded. */
export const RECORDING_RATE = 16_000;
