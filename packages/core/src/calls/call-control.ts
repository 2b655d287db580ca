import type { AudioFrame } from '../audio/audio-frame.ts';
import type { EdgeParticipant } from '../edge/edge.ts';
import type { CallLookup } from './call-lookup.ts';
import type { CallOutcome } from './call-outcome.ts';
import type { PhoneCall } from './phone-call.ts';

/** How a call is hung up. */
export interface HangUpOptions {
  /**
   * Lets the caller hear what is being said: hangs up when the agent has finished its turn and the
   * provider has played it (its last mark, or the queued duration plus 500 ms), at most 60 s later.
   * Default false: hangs up now, in the middle of a word.
   */
  readonly afterPlayout?: boolean | undefined;
  /** Who hung up; default `hung-up`: your code. */
  readonly reason?: 'hung-up' | 'agent-hung-up' | undefined;
}

/** How a caller is put on hold. */
export interface HoldOptions {
  /** What the caller hears, over and over; default a quiet two-tone chime every 4 s. */
  readonly sound?: HoldSound | undefined;
}

/** A piece of audio for {@link HoldOptions}. */
export type HoldSound = Pick<AudioFrame, 'samples' | 'sampleRate'>;

/** How a call is handed over. */
export interface TransferOptions {
  /**
   * What the target is told before the caller is put through. With it the transfer is warm: the
   * caller is put on hold, the target is called, hears this from the agent, and takes the call with
   * key 1 (or the agent calls `answerTransfer` on the target's call). Without it the transfer is
   * cold: the provider connects the caller with the target, and this call ends.
   */
  readonly announcement?: string | undefined;
  /** Who talks to the target; default the agent of this call, where it can. Warm transfers only. */
  readonly agent?: EdgeParticipant | undefined;
  /** How long the target's phone rings, in ms; default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** How long the target may take to decide, in ms from their answer; default 60,000. */
  readonly decisionTimeoutMs?: number | undefined;
}

/** What became of a transfer. */
export interface TransferResult {
  /**
   * `transferred`: the caller talks (cold: is being connected) with the target, and this call has
   * ended. `refused`: the target answered and did not take the call. `caller-hung-up`: this call
   * ended meanwhile. Else what became of the call to the target, as {@link CallOutcome}. Unless it
   * was transferred or has ended, the caller is back with the agent.
   */
  readonly outcome:
    'transferred' | 'refused' | 'caller-hung-up' | Exclude<CallOutcome, 'answered' | 'machine'>;
  /** The provider's own cause, where it gave one. */
  readonly providerCause?: string | undefined;
  /** The call to the target, of a warm transfer. */
  readonly target?: PhoneCall | undefined;
}

/** How the provider records a call. */
export interface StartRecordingOptions {
  /** `stereo` keeps caller and agent apart (left the caller); default `stereo`. */
  readonly channels?: 'mono' | 'stereo' | undefined;
}

/** Where this process writes a recording to. */
export interface LocalRecordingOptions {
  /** File to write, a stereo WAV of 16 bit: left the caller, right what was sent to the caller. */
  readonly path: string;
}

/** A recording that was made of a call. */
export interface CallRecording {
  /** `provider`: made and kept by the provider. `local`: made by this process. */
  readonly by: 'provider' | 'local';
  /** The provider's id of it, or the file's path. */
  readonly id: string;
  /** Where the provider keeps it; often needs credentials, and may be short-lived. */
  readonly url?: string | undefined;
  readonly durationMs?: number | undefined;
  /** `failed` where there is nothing to fetch. */
  readonly status: 'completed' | 'failed';
}

/**
 * What can be done to a live call. The phone that conducts the call installs it on its
 * {@link PhoneCall}; each method is the verb of the same name there.
 */
export interface CallControl {
  /** Resolves when what is being said has been heard, or the call has ended; never rejects. */
  playedOut(): Promise<void>;
  hold(options: HoldOptions): Promise<void>;
  resume(): Promise<void>;
  sendDigits(digits: string): Promise<void>;
  transfer(destination: string, options: TransferOptions): Promise<TransferResult>;
  startRecording(options: StartRecordingOptions): Promise<void>;
  stopRecording(): Promise<void>;
  startLocalRecording(options: LocalRecordingOptions): Promise<void>;
  stopLocalRecording(): Promise<void>;
  lookUp(): Promise<CallLookup>;
}
