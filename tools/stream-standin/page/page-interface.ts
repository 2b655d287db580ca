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
  leave(): Promise<void>;
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

/** The rate of what is recorded. */
export const RECORDING_RATE = 16_000;
