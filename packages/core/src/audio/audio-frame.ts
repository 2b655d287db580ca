/** Length of one frame everywhere in this project: what phone networks and Opus use, 50 frames a second. */
export const FRAME_DURATION_MS = 20;

/** Sample rates, in Hz, that frames may have. */
export type SampleRate = 8000 | 16000 | 24000 | 48000;

/**
 * 20 ms of sound: mono, signed 16-bit linear PCM.
 *
 * Frames are **borrowed**: `samples` is valid only during the synchronous callback that got it,
 * because its memory is used again for the next frame. Who keeps a frame copies it
 * ({@link copyAudioFrame}); `audio()` iterators yield copies.
 */
export interface AudioFrame {
  /** The sound, `samplesPerFrame(sampleRate)` long: 160 at 8 kHz, 320 at 16 kHz, 960 at 48 kHz. */
  readonly samples: Int16Array;
  /** Samples per second. */
  readonly sampleRate: SampleRate;
  /** Media time of the first sample, counted in samples at `sampleRate` from the stream's start. */
  readonly timestampSamples: number;
}

/** Samples in one 20 ms frame: 160 at 8 kHz, 320 at 16 kHz, 480 at 24 kHz, 960 at 48 kHz. */
export function samplesPerFrame(sampleRate: SampleRate): number {
  return sampleRate / 50;
}

/** A frame of its own memory, to keep after the callback. */
export function copyAudioFrame(frame: AudioFrame): AudioFrame {
  return {
    samples: frame.samples.slice(),
    sampleRate: frame.sampleRate,
    timestampSamples: frame.timestampSamples,
  };
}
