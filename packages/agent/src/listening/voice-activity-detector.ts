import type { AudioFrame, SampleRate } from '@phone-agents/core';

/** A change between speech and silence, in the media time of the frames that were written. */
export interface VoiceActivity {
  readonly type: 'speech-started' | 'speech-ended';
  /**
   * Media time of the change, in samples at the detector's `sampleRate`: where speech is
   * believed to have begun, or the end of the last window that held speech.
   */
  readonly timestampSamples: number;
  /** Media time of the end of the audio that the decision is based on; never before `timestampSamples`. */
  readonly decidedAtSamples: number;
}

/** Tells speech from silence and noise. Reusable: `open` gives one stream per call. */
export interface VoiceActivityDetector {
  /** Rate of the frames that its streams take, in Hz. */
  readonly sampleRate: SampleRate;
  /** How far past the true end of speech it still reports speech, in ms: taken off the silence timer. */
  readonly tailMs: number;
  /** Loads what takes time. Repeatable. */
  prepare?(): Promise<void>;
  open(options: VoiceActivityOptions): Promise<VoiceActivityStream>;
  /** Frees what all streams share. */
  close?(): Promise<void>;
}

/** How voice activity is looked for in one call. */
export interface VoiceActivityOptions {
  readonly onActivity: (activity: VoiceActivity) => void;
  /** Told of each finished analysis window: media time of its end and the probability of speech, 0 to 1. */
  readonly onWindow?: ((endSamples: number, probability: number) => void) | undefined;
  /** Told of a fault at run time; the stream is closed then. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Detection on one call's audio. Windows are analysed in order; media time is the only clock. */
export interface VoiceActivityStream {
  /** Takes one frame of the caller's; borrowed. Never blocks. */
  write(frame: AudioFrame): void;
  /** Frees the stream. Repeatable. */
  close(): Promise<void>;
}
