import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { AudioFrame, SampleRate } from '../audio/audio-frame.ts';
import { samplesPerFrame } from '../audio/audio-frame.ts';
import type { Resampler } from '../audio/resampler.ts';
import { createResampler } from '../audio/resampler.ts';
import { SampleQueue } from '../audio/sample-queue.ts';
import { encodeWav } from '../audio/wav.ts';
import type { CallRecording } from '../calls/call-control.ts';
import type { Clock } from '../clock/clock.ts';
import { sharedTicker } from '../clock/ticker.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import type { MediaTap, PhoneMediaStream } from '../media/phone-media-stream.ts';

const FRAME_BYTES = 4;
const FRAMES_PER_SECOND = 50;
/** The caller's audio comes in real time: what piles up beyond this is a clock that runs fast. */
const INBOUND_LIMIT_SECONDS = 0.4;
/** After a gap so many frames are awaited, lest a little jitter tear the caller's words apart. */
const INBOUND_CUSHION_FRAMES = 3;
/** Ours may be sent ahead of its time: this much of it is kept until it is heard. */
const OUTBOUND_LIMIT_SECONDS = 60;
/** Offsets of the two sizes in a WAV file's header, and its length. */
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;
const HEADER_BYTES = 44;

/**
 * Writes both directions of a call to a stereo WAV as they happen: left the caller, right what was sent
 * to the caller, on one time line. It survives a change of the media stream, which leaves silence.
 */
export class LocalRecorder implements MediaTap {
  readonly path: string;
  readonly #sampleRate: SampleRate;
  readonly #file: FileHandle;
  readonly #caller: SampleQueue;
  readonly #ours: SampleQueue;
  readonly #left: Int16Array;
  readonly #right: Int16Array;
  #resampler: Resampler | undefined;
  #isCallerAwaited = true;
  #media: PhoneMediaStream | undefined;
  #chunk: DataView;
  #chunkBytes = 0;
  #writtenBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;
  #stop: Unsubscribe;
  #closing: Promise<CallRecording> | undefined;

  private constructor(path: string, file: FileHandle, sampleRate: SampleRate, clock: Clock) {
    this.path = path;
    this.#file = file;
    this.#sampleRate = sampleRate;
    this.#caller = new SampleQueue(INBOUND_LIMIT_SECONDS * sampleRate);
    this.#ours = new SampleQueue(OUTBOUND_LIMIT_SECONDS * sampleRate);
    this.#left = new Int16Array(samplesPerFrame(sampleRate));
    this.#right = new Int16Array(samplesPerFrame(sampleRate));
    this.#chunk = this.#createChunk();
    this.#stop = sharedTicker(clock).subscribe(() => this.#tick());
  }

  /** Begins a file. @throws what opening it throws */
  static async open(path: string, media: PhoneMediaStream, clock: Clock): Promise<LocalRecorder> {
    const { sampleRate } = media.outboundFormat;
    const file = await open(path, 'w');
    try {
      await file.write(encodeWav({ sampleRate, channels: [new Int16Array(), new Int16Array()] }));
    } catch (error) {
      await file.close();
      throw error;
    }
    const recorder = new LocalRecorder(path, file, sampleRate, clock);
    recorder.useMedia(media);
    return recorder;
  }

  /** Why the file is not whole, where it is not. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Records this stream from now on; undefined while there is none. */
  useMedia(media: PhoneMediaStream | undefined): void {
    if (this.#closing) return;
    this.#media?.tap(undefined);
    this.#media = media;
    this.#ours.clear();
    media?.tap(this);
  }

  inbound({ samples, sampleRate }: AudioFrame): void {
    if (sampleRate === this.#sampleRate) {
      this.#caller.push(samples);
      return;
    }
    if (this.#resampler?.fromRate !== sampleRate) {
      this.#resampler = createResampler(sampleRate, this.#sampleRate);
    }
    this.#caller.push(this.#resampler.process(samples));
  }

  outbound(samples: Int16Array): void {
    this.#ours.push(samples);
  }

  cleared(): void {
    this.#ours.clear();
  }

  /** Ends the file, which is whole when this resolves. Never rejects. Repeatable. */
  close(): Promise<CallRecording> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<CallRecording> {
    this.#stop();
    this.#media?.tap(undefined);
    this.#flush();
    await this.#writing;
    try {
      await this.#patch(RIFF_SIZE_AT, HEADER_BYTES - 8 + this.#writtenBytes);
      await this.#patch(DATA_SIZE_AT, this.#writtenBytes);
    } catch (error) {
      this.#failure ??= error;
    }
    await this.#file.close().catch((error: unknown) => (this.#failure ??= error));
    const durationMs = (this.#writtenBytes / FRAME_BYTES / this.#sampleRate) * 1000;
    const status = this.#failure === undefined ? 'completed' : 'failed';
    return { by: 'local', id: this.path, durationMs, status };
  }

  #tick(): void {
    this.#fillCaller();
    fill(this.#ours, this.#right);
    for (let index = 0; index < this.#left.length; index++) {
      this.#chunk.setInt16(this.#chunkBytes, this.#left[index]!, true);
      this.#chunk.setInt16(this.#chunkBytes + 2, this.#right[index]!, true);
      this.#chunkBytes += FRAME_BYTES;
    }
    if (this.#chunkBytes === this.#chunk.byteLength) this.#flush();
  }

  #fillCaller(): void {
    const waiting = this.#caller.length;
    if (waiting < this.#left.length) this.#isCallerAwaited = true;
    else if (waiting >= INBOUND_CUSHION_FRAMES * this.#left.length) this.#isCallerAwaited = false;
    if (this.#isCallerAwaited) this.#left.fill(0);
    else fill(this.#caller, this.#left);
  }

  #flush(): void {
    if (this.#chunkBytes === 0) return;
    const bytes = new Uint8Array(this.#chunk.buffer, 0, this.#chunkBytes);
    this.#chunk = this.#createChunk();
    this.#chunkBytes = 0;
    this.#writing = this.#writing.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await this.#file.write(bytes);
        this.#writtenBytes += bytes.length;
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  #createChunk(): DataView {
    return new DataView(new ArrayBuffer(FRAMES_PER_SECOND * this.#left.length * FRAME_BYTES));
  }

  async #patch(at: number, value: number): Promise<void> {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    await this.#file.write(bytes, 0, bytes.length, at);
  }
}

/** Takes one frame, silent where less waits. */
function fill(queue: SampleQueue, into: Int16Array): void {
  const samples = queue.pull(into);
  if (samples < into.length) into.fill(0, samples);
}
