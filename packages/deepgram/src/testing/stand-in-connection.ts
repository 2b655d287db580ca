import { randomUUID } from 'node:crypto';
import type { Clock, ClockTimer } from '@phone-agents/core';
import { decodeL16, decodeMulaw } from '@phone-agents/core';
import type { WebSocket } from 'ws';
import type { DeepgramStandInConnection, Hear } from './deepgram-stand-in.ts';
import type { DeepgramStandInMessage, ResultsOptions } from './stand-in-messages.ts';
import { metadata, results } from './stand-in-messages.ts';

/** A stream that gets nothing for so long is closed ("Audio Keep Alive"). */
const IDLE_TIMEOUT_MS = 10_000;
/** A window whose samples are louder than this on average holds speech. */
const LOUD = 300;
const WINDOW_MS = 20;
/** So much of the silence before speech is recognised with it. */
const LEAD_IN_MS = 200;

export interface StandInConnectionOptions {
  readonly query: URLSearchParams;
  readonly hear: Hear | undefined;
  readonly clock: Clock;
}

/** One stream, served. */
export class StandInConnection implements DeepgramStandInConnection {
  readonly requestId = randomUUID();
  readonly query: URLSearchParams;
  readonly controls: string[] = [];
  readonly #socket: WebSocket;
  readonly #options: StandInConnectionOptions;
  readonly #sampleRate: number;
  readonly #isMulaw: boolean;
  #samples = new Int16Array(0);
  /** Samples whose words were told for good. */
  #told = 0;
  #analysed = 0;
  #speechStart: number | undefined;
  #speechEnd = 0;
  #work: Promise<void> = Promise.resolve();
  #idleTimer: ClockTimer | undefined;

  constructor(socket: WebSocket, options: StandInConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.query = options.query;
    this.#sampleRate = Number(options.query.get('sample_rate'));
    this.#isMulaw = options.query.get('encoding') === 'mulaw';
    socket.on('message', (data, isBinary) => {
      this.#restartIdleTimer();
      if (isBinary) this.#receiveAudio(data as Buffer);
      else this.#receiveControl((data as Buffer).toString('utf8'));
    });
    socket.on('close', () => this.#idleTimer?.cancel());
    socket.on('error', () => socket.terminate());
    this.#restartIdleTimer();
  }

  get audio(): Int16Array {
    return this.#samples.slice();
  }

  get audioMs(): number {
    return (this.#samples.length * 1000) / this.#sampleRate;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(message: DeepgramStandInMessage): void {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  sendText(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  sendResults(options: ResultsOptions): void {
    this.send(results(this.requestId, this.query.get('model') ?? '', options));
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  drop(): void {
    this.#socket.terminate();
  }

  #receiveAudio(bytes: Buffer): void {
    const decoded = this.#isMulaw ? decodeMulaw(bytes) : decodeL16(bytes, 'little-endian');
    const samples = new Int16Array(this.#samples.length + decoded.length);
    samples.set(this.#samples);
    samples.set(decoded, this.#samples.length);
    this.#samples = samples;
    if (this.#options.hear) this.#listen();
  }

  #receiveControl(text: string): void {
    const { type } = JSON.parse(text) as { type: string };
    this.controls.push(type);
    if (type === 'Finalize' && this.#options.hear) {
      this.#tell(this.#samples.length, { fromFinalize: true });
    }
    if (type === 'CloseStream') this.#finish();
  }

  #finish(): void {
    if (this.#options.hear) this.#tell(this.#samples.length, {});
    this.#work = this.#work.then(() => {
      this.send(metadata(this.requestId, this.#samples.length / this.#sampleRate));
      this.#socket.close(1000);
    });
  }

  /** Finds speech and silence by their energy. */
  #listen(): void {
    const window = (WINDOW_MS * this.#sampleRate) / 1000;
    const endpointing = Number(this.query.get('endpointing') ?? '10');
    for (; this.#analysed + window <= this.#samples.length; this.#analysed += window) {
      const end = this.#analysed + window;
      if (isLoud(this.#samples.subarray(this.#analysed, end))) {
        if (this.#speechStart === undefined) this.#beginSpeech(this.#analysed);
        this.#speechEnd = end;
      } else if (this.#speechStart !== undefined) {
        const silentMs = ((end - this.#speechEnd) * 1000) / this.#sampleRate;
        if (silentMs < endpointing) continue;
        this.#speechStart = undefined;
        this.#tell(end, { speechFinal: true });
      }
    }
  }

  #beginSpeech(at: number): void {
    this.#speechStart = at;
    if (this.query.get('vad_events') !== 'true') return;
    this.send({ type: 'SpeechStarted', channel: [0, 1], timestamp: at / this.#sampleRate });
  }

  /** Tells the words of all audio up to `end` that were not told yet; in order, however long it takes. */
  #tell(end: number, options: Pick<ResultsOptions, 'speechFinal' | 'fromFinalize'>): void {
    const from = this.#told;
    this.#told = Math.max(from, end);
    if (options.fromFinalize === true) this.#speechStart = undefined;
    const samples = this.#samples.slice(from, end);
    this.#work = this.#work.then(async () => {
      const speech = withoutLeadingSilence(samples, (LEAD_IN_MS * this.#sampleRate) / 1000);
      const transcript =
        speech.length === 0 ? '' : await this.#options.hear!(speech, this.#sampleRate);
      const span = { start: from / this.#sampleRate, duration: samples.length / this.#sampleRate };
      const wantsInterim = this.query.get('interim_results') === 'true';
      if (wantsInterim && transcript !== '') {
        this.sendResults({ ...span, transcript, isFinal: false });
      }
      this.sendResults({ ...span, ...options, transcript });
    });
  }

  #restartIdleTimer(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#options.clock.setTimeout(
      () => this.close(1011, 'NET-0001: no audio or KeepAlive came for 10 seconds'),
      IDLE_TIMEOUT_MS,
    );
  }
}

function isLoud(samples: Int16Array): boolean {
  let sum = 0;
  for (const sample of samples) sum += Math.abs(sample);
  return sum / samples.length > LOUD;
}

/** What is to be recognised; empty where nothing is loud. */
function withoutLeadingSilence(samples: Int16Array, leadIn: number): Int16Array {
  const first = samples.findIndex((sample) => Math.abs(sample) > LOUD);
  return first < 0 ? samples.subarray(0, 0) : samples.subarray(Math.max(0, first - leadIn));
}
