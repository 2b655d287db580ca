import type { AudioCodec, Clock, Unsubscribe } from '@phone-agents/core';
import { createAudioCodec, encodeWav, sharedTicker } from '@phone-agents/core';
import { createLoopbackMediaSockets } from '@phone-agents/core/testing';
import type { LoopbackMediaSocket } from '@phone-agents/core/testing';
import type { MediaProtocol } from './media-protocol.ts';
import { readServerMessage } from './media-protocol.ts';

/** Rate of all that is said and heard on a line, in Hz. */
export const LINE_RATE = 8_000;
const FRAME_SAMPLES = 160;
/** A key and the pause behind it. */
const FRAMES_PER_DIGIT = 10;

/** How a call on a line ended: who hung up, or to which number it was handed over. */
export type LineEnd =
  { readonly by: 'caller' | 'server' } | { readonly by: 'transfer'; readonly to: string };

/** What the phone company holds for the ear: a frame of audio, or a mark between two. */
type Held = Uint8Array | { readonly mark: string };

/**
 * One phone and the line to it: mouth, ear and keys, 20 ms at a time on a clock, with the phone
 * company's playback buffer, its marks and its `clear`.
 */
export class VirtualLine {
  readonly providerCallId: string;
  /** Sentences that the phone company's own voice has said. */
  readonly announcements: string[] = [];
  /** Keys that our side has sent. */
  sentDigits = '';
  end: LineEnd | undefined;
  readonly #clock: Clock;
  readonly #protocol: MediaProtocol;
  readonly #codec: AudioCodec = createAudioCodec({ encoding: 'PCMU', sampleRate: LINE_RATE });
  readonly #heardListeners = new Set<(frame: Int16Array) => void>();
  readonly #ear: Int16Array[] = [];
  readonly #mouth: Int16Array[] = [];
  readonly #said: Int16Array[] = [];
  readonly #keys: string[] = [];
  #framesToNextKey = 0;
  #held: Held[] = [];
  #socket: LoopbackMediaSocket | undefined;
  #streams = 0;
  #streamId = '';
  #chunk = 0;
  #stopTicking: Unsubscribe | undefined;

  constructor(providerCallId: string, clock: Clock, protocol: MediaProtocol) {
    this.providerCallId = providerCallId;
    this.#clock = clock;
    this.#protocol = protocol;
  }

  /** Whether audio flows. */
  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** What is still to be said, in ms. */
  get unsaidMs(): number {
    return this.#mouth.length * 20;
  }

  /** Keys that are still to be pressed. */
  get unpressed(): number {
    return this.#keys.length;
  }

  /** Our end of a new media socket; the one before is left. */
  connect(): LoopbackMediaSocket {
    const { ours, theirs } = createLoopbackMediaSockets();
    this.#socket?.close(1000, '');
    this.#socket = theirs;
    this.#held = [];
    this.#chunk = 0;
    const streamId = `stream-${this.providerCallId}-${++this.#streams}`;
    theirs.setHandlers({
      message: (data) => this.#receive(streamId, new TextDecoder().decode(data)),
      close: () => {
        if (this.#socket === theirs) this.#socket = undefined;
      },
      error: () => {},
    });
    for (const message of this.#protocol.start(streamId, this.providerCallId)) {
      theirs.send(message);
    }
    this.#streamId = streamId;
    this.#stopTicking ??= sharedTicker(this.#clock).subscribe(() => this.#tick());
    return ours;
  }

  /** Says samples at 8 kHz after all that is being said. */
  say(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += FRAME_SAMPLES) {
      const frame = new Int16Array(FRAME_SAMPLES);
      frame.set(samples.subarray(at, at + FRAME_SAMPLES));
      this.#mouth.push(frame);
    }
  }

  press(keys: string): void {
    this.#keys.push(...keys);
  }

  /** Told of each frame at the ear, silence included; kept by nobody else. */
  onHeard(listener: (frame: Int16Array) => void): Unsubscribe {
    this.#heardListeners.add(listener);
    return () => this.#heardListeners.delete(listener);
  }

  /** The phone company ends the stream properly. */
  stopStream(): void {
    const socket = this.#socket;
    if (!socket) return;
    socket.send(this.#protocol.stop(this.#streamId, this.providerCallId));
    socket.close(1000, '');
    this.#socket = undefined;
  }

  /** The call is over for this phone. Repeatable. */
  finish(end: LineEnd): void {
    this.end ??= end;
    this.stopStream();
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#heardListeners.clear();
  }

  /** Both directions as a stereo WAV file: left the caller, right what the caller heard. */
  recording(): Uint8Array {
    return encodeWav({ sampleRate: LINE_RATE, channels: [join(this.#said), join(this.#ear)] });
  }

  #receive(streamId: string, text: string): void {
    if (streamId !== this.#streamId) return;
    const message = readServerMessage(text);
    if (message?.event === 'media') this.#held.push(message.payload);
    else if (message?.event === 'mark') this.#held.push({ mark: message.name });
    else if (message?.event === 'clear') this.#clear();
  }

  #clear(): void {
    const dropped = this.#held;
    this.#held = [];
    for (const held of dropped) if ('mark' in held) this.#echo(held.mark);
  }

  #echo(mark: string): void {
    this.#socket?.send(this.#protocol.mark(this.#streamId, mark));
  }

  #tick(): void {
    const heard = this.#play();
    this.#ear.push(heard);
    for (const listener of this.#heardListeners) listener(heard);
    const spoken = this.#mouth.shift() ?? new Int16Array(FRAME_SAMPLES);
    this.#said.push(spoken);
    const socket = this.#socket;
    if (!socket) return;
    const bytes = new Uint8Array(FRAME_SAMPLES);
    this.#codec.encode(spoken, bytes);
    socket.send(this.#protocol.media(this.#streamId, ++this.#chunk, bytes));
    this.#pressNext(socket);
  }

  #play(): Int16Array {
    const frame = new Int16Array(FRAME_SAMPLES);
    for (let next = this.#held.shift(); next; next = this.#held.shift()) {
      if ('mark' in next) {
        this.#echo(next.mark);
        continue;
      }
      this.#codec.decode(next, frame);
      break;
    }
    return frame;
  }

  #pressNext(socket: LoopbackMediaSocket): void {
    if (this.#framesToNextKey > 0) {
      this.#framesToNextKey--;
      return;
    }
    const key = this.#keys.shift();
    if (key === undefined) return;
    this.#framesToNextKey = FRAMES_PER_DIGIT - 1;
    socket.send(this.#protocol.digit(this.#streamId, key));
  }
}

function join(frames: readonly Int16Array[]): Int16Array {
  const samples = new Int16Array(frames.length * FRAME_SAMPLES);
  frames.forEach((frame, index) => samples.set(frame, index * FRAME_SAMPLES));
  return samples;
}
