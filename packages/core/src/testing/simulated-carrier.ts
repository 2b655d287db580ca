import type { AudioFrame } from '../audio/audio-frame.ts';

/** A stand-in of a telephony provider, as conformance cases and end-to-end tests drive it. */
export interface SimulatedCarrier {
  /** Name of the provider that it stands in for. */
  readonly provider: string;
  /** Places an inbound call: the phone of `from` rings at `to`, which is answered by our server. */
  placeCall(options?: SimulatedCallOptions): Promise<SimulatedCall>;
  /** Ends all calls and closes all servers and sockets. */
  close(): Promise<void>;
}

export interface SimulatedCallOptions {
  /** The caller's number; default an invented one. */
  readonly from?: string | undefined;
  /** The called number; default an invented one. */
  readonly to?: string | undefined;
}

/** How a simulated call ended, as the carrier saw it. */
export interface SimulatedCallEnd {
  /**
   * `caller`: the phone hung up. `server`: our side hung up or its instructions ended. `rejected`:
   * declined before it was answered. `forwarded`: sent to another number. `failed`: our server gave
   * no usable answer, so that the caller heard the carrier's error.
   */
  readonly by: 'caller' | 'server' | 'rejected' | 'forwarded' | 'failed';
  /** More of it: the reject reason, the number that it was forwarded to, the error. */
  readonly detail?: string | undefined;
}

/** One simulated phone call, seen from the caller's ear and mouth. */
export interface SimulatedCall {
  readonly providerCallId: string;
  /** Resolves with true when audio flows, with false when the call ends before. */
  readonly connected: Promise<boolean>;
  readonly ended: Promise<SimulatedCallEnd>;
  /** Rate of what is spoken and heard, in Hz. */
  readonly sampleRate: AudioFrame['sampleRate'];
  /** Speaks into the phone in real time, after what is being spoken already; resolves when said. */
  speak(samples: Int16Array): Promise<void>;
  /** Presses keys: `0` to `9`, `*`, `#`. */
  press(digits: string): void;
  /** Listens at the caller's ear: 20 ms frames in real time, silence included, borrowed. */
  onHeard(listener: (frame: AudioFrame) => void): () => void;
  /** Sentences that the carrier itself spoke to the caller by our instruction (apologies, announcements). */
  readonly announcements: readonly string[];
  /** Audio of ours that was really played so far, in ms; silence does not count. */
  readonly playedMs: number;
  /** Audio of ours that the carrier holds and has not played yet, in ms. */
  readonly bufferedMs: number;
  /** The caller hangs up. */
  hangUp(): void;
  /** The media socket breaks without a word, the call stays. */
  dropMedia(): void;
}
