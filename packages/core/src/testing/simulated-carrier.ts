import type { AudioFrame } from '../audio/audio-frame.ts';

/** A stand-in of a telephony provider, as conformance cases and end-to-end tests drive it. */
export interface SimulatedCarrier {
  /** Name of the provider that it stands in for. */
  readonly provider: string;
  /** Places an inbound call: the phone of `from` rings at `to`, which is answered by our server. */
  placeCall(options?: SimulatedCallOptions): Promise<SimulatedCall>;
  /** How the phone at a number behaves when our server calls it; until told, a person answers. */
  setPhone?(number: string, phone: SimulatedPhone): void;
  /** The calls that our server has placed, oldest first. Absent where the carrier takes none. */
  readonly dialled?: readonly SimulatedCall[] | undefined;
  /** Ends all calls and closes all servers and sockets. */
  close(): Promise<void>;
}

/** Who calls whom. */
export interface SimulatedCallOptions {
  /** The caller's number; default an invented one. */
  readonly from?: string | undefined;
  /** The called number; default an invented one. */
  readonly to?: string | undefined;
}

/** What the phone at a number does when our server calls it. */
export interface SimulatedPhone {
  /**
   * `answer`: a person picks up. `machine`: an answering machine picks up, greets with a tone and
   * beeps. `ring`: nobody picks up. `busy`, `reject`, `fail`: the network says so. `refuse`: the
   * carrier refuses the request to call it.
   */
  readonly does: 'answer' | 'machine' | 'ring' | 'busy' | 'reject' | 'fail' | 'refuse';
  /** How long it rings before it does so, in ms; default 200. */
  readonly afterMs?: number | undefined;
  /** How long a machine's greeting is, in ms; default 1,500. */
  readonly greetingMs?: number | undefined;
}

/** How a simulated call ended, as the carrier saw it. */
export interface SimulatedCallEnd {
  /**
   * `caller`: the phone hung up. `server`: our side hung up or its instructions ended. `rejected`:
   * declined before it was answered, by our server or by whom it called. `forwarded`: sent to another
   * number. `unanswered`: nobody picked up. `failed`: our server gave no usable answer, so that the
   * caller heard the carrier's error; or the number that our server called cannot be reached.
   */
  readonly by: 'caller' | 'server' | 'rejected' | 'forwarded' | 'unanswered' | 'failed';
  /** More of it: the reject reason, the number that it was forwarded to, the error. */
  readonly detail?: string | undefined;
}

/**
 * One simulated phone call, seen from the ear and mouth of the person at the phone: who called our
 * server, or whom it called.
 */
export interface SimulatedCall {
  readonly providerCallId: string;
  /** The number that was called. */
  readonly to: string;
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
  /** Keys that our server sent to the phone, in their order. */
  readonly receivedDigits?: string | undefined;
  /**
   * Both directions so far as a stereo WAV: left what was said into the phone, right what was heard
   * from it. Absent where the carrier records nothing.
   */
  recording?(): Uint8Array;
  /** Audio of ours that was really played so far, in ms; silence does not count. */
  readonly playedMs: number;
  /** Audio of ours that the carrier holds and has not played yet, in ms. */
  readonly bufferedMs: number;
  /** The caller hangs up. */
  hangUp(): void;
  /** The media socket breaks without a word, the call stays. */
  dropMedia(): void;
}
