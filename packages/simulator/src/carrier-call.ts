import type {
  SimulatedCall,
  SimulatedCallEnd,
  SimulatedCallOptions,
} from '@phone-agents/core/testing';
import type { HeardSpan } from './line/playback-buffer.ts';

/** Something that a carrier noticed about its traffic and let pass: a message it could not use, a failed stream. */
export interface CarrierWarning {
  /** The provider's own code; 0 where the provider itself would not say a word. */
  readonly code: number;
  readonly message: string;
}

/** What happens to a simulated call. */
export type CarrierCallEvent =
  | { readonly event: 'ringing' }
  | { readonly event: 'answered' }
  | { readonly event: 'media-opened' }
  | { readonly event: 'media-closed'; readonly detail: string }
  | { readonly event: 'announced'; readonly text: string }
  | { readonly event: 'forwarding'; readonly to: string }
  | { readonly event: 'warned'; readonly warning: CarrierWarning }
  | { readonly event: 'ended'; readonly end: SimulatedCallEnd };

/** A {@link CarrierCallEvent} with its time on the carrier's clock. */
export type CarrierCallProgress = CarrierCallEvent & { readonly atMs: number };

/** When the stations of a call were reached, on the carrier's clock; undefined where it has not come to that. */
export interface CarrierCallTimes {
  readonly placedMs: number;
  readonly answeredMs: number | undefined;
  /** The first media stream was open. */
  readonly mediaOpenedMs: number | undefined;
  readonly endedMs: number | undefined;
}

/** How a call is placed at any simulated carrier. */
export interface CarrierCallOptions extends SimulatedCallOptions {
  /** Keep both directions for `recording()`; default what the carrier was made with. 32 kB a second. */
  readonly record?: boolean | undefined;
  /** Told of everything that happens, from the first ring on. */
  readonly onProgress?: ((progress: CarrierCallProgress) => void) | undefined;
}

/** One call at any simulated carrier, with all that tests want to know of it. */
export interface CarrierCall extends SimulatedCall {
  readonly from: string;
  readonly to: string;
  readonly times: CarrierCallTimes;
  /** Keys that the server sent to the phone, in their order, pauses (`w`) included. */
  readonly receivedDigits: string;
  /** What the carrier would complain of in its console; at most the first 500. */
  readonly warnings: readonly CarrierWarning[];
  /** Which samples of the server's audio were heard when; what runs on without a break is one span. */
  readonly heardSpans: readonly HeardSpan[];
  /**
   * When the server's sample number `sample`, counted from 0 over all that it sent in this call, was
   * heard, on the carrier's clock; undefined where it was dropped or has not been heard yet.
   */
  heardAtMs(sample: number): number | undefined;
  /** Resolves after the end, when the last callback about the call has been answered or given up. */
  readonly settled: Promise<void>;
  /** Tells what happens, as it happens, from now on. Returns how to stop it. */
  onProgress(listener: (progress: CarrierCallProgress) => void): () => void;
  /**
   * Both directions so far as a stereo WAV, on one time line from the answer on: left the caller,
   * right what the caller heard. Empty where the call is not recorded.
   */
  recording(): Uint8Array;
  /** Writes {@link CarrierCall.recording} to a file. */
  saveRecording(path: string): Promise<void>;
}
