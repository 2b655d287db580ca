import type { SpeechToTextOptions, SpeechToTextStream, Transcript } from '@phone-agents/agent';
import { Reconnector } from '@phone-agents/agent';
import type { AudioFrame, ClockTimer } from '@phone-agents/core';
import { encodeL16, encodeMulaw } from '@phone-agents/core';
import type { DeepgramConnection, DeepgramMessage } from './deepgram-connection.ts';
import { connectDeepgram } from './deepgram-connection.ts';
import { DeepgramError, unreachable } from './deepgram-error.ts';
import type { DeepgramSettings } from './deepgram-settings.ts';
import { RecentAudio } from './recent-audio.ts';
import { TurnWords } from './turn-words.ts';

/** So much audio can be sent again; final results come every few seconds. */
const RECENT_AUDIO_MS = 15_000;
/** Deepgram closes a stream that is silent for 10 s ("Audio Keep Alive"). */
const KEEP_ALIVE_MS = 4_000;
/** Where nothing is left to recognise, Deepgram need not answer a `Finalize` at all ("Finalize"). */
const FINALIZE_TIMEOUT_MS = 1_000;
/** Where no word has come at all, so much longer is waited: a late word is better than none. */
const FIRST_WORD_TIMEOUT_MS = 800;
/** Less audio than this behind the last final result holds no word. */
const TOLERANCE_MS = 100;

/** One turn of the caller's, by position in the stream's audio. */
interface Turn {
  readonly startByte: number;
  /** Undefined while it goes on. */
  endByte: number | undefined;
  readonly words: TurnWords;
  /** Gives its words to who asked for them; undefined where nobody did. */
  settle: ((transcript: Transcript) => void) | undefined;
  reject: ((error: unknown) => void) | undefined;
  timer: ClockTimer | undefined;
}

/** Recognition of one call by Deepgram, over as many connections as it takes. */
export class DeepgramStream implements SpeechToTextStream {
  readonly #settings: DeepgramSettings;
  readonly #options: SpeechToTextOptions;
  readonly #bytesPerMs: number;
  readonly #audio: RecentAudio;
  readonly #over = new AbortController();
  readonly #reconnector: Reconnector;
  #encoded = new Uint8Array(0);
  #connection: DeepgramConnection | undefined;
  /** Position of the first byte that the connection got. */
  #connectionStart = 0;
  /** Up to here the words are certain. */
  #confirmedByte = 0;
  /** Turns that are over and whose words are still to come, oldest first. */
  #ended: Turn[] = [];
  #turn: Turn;
  #lastSentAtMs = 0;
  #keepAliveTimer: ClockTimer | undefined;
  #interimText = '';

  constructor(settings: DeepgramSettings, options: SpeechToTextOptions) {
    const { sampleRate, encoding } = settings;
    this.#settings = settings;
    this.#options = options;
    this.#bytesPerMs = (sampleRate / 1000) * (encoding === 'mulaw' ? 1 : 2);
    this.#audio = new RecentAudio(RECENT_AUDIO_MS * this.#bytesPerMs);
    this.#turn = newTurn(0);
    this.#reconnector = new Reconnector({
      connect: () => this.#connect(),
      isRetryable: (error) => error instanceof DeepgramError && error.isRetryable,
      maxReconnects: settings.maxReconnects,
      clock: settings.clock,
      signal: this.#over.signal,
    });
  }

  /** Connects, several times if need be. @throws DeepgramError, ConfigurationError, the signal's reason. */
  async open(): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    try {
      await this.#reconnector.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  write(frame: AudioFrame): void {
    const { sampleRate, clock, encoding } = this.#settings;
    if (frame.sampleRate !== sampleRate) {
      throw new RangeError(`This recogniser takes ${sampleRate} Hz, not ${frame.sampleRate}.`);
    }
    if (this.#isClosed) return;
    const length = frame.samples.length * (encoding === 'mulaw' ? 1 : 2);
    if (this.#encoded.length !== length) this.#encoded = new Uint8Array(length);
    if (encoding === 'mulaw') encodeMulaw(frame.samples, this.#encoded);
    else encodeL16(frame.samples, 'little-endian', this.#encoded);
    this.#audio.push(this.#encoded);
    this.#connection?.sendAudio(this.#encoded);
    this.#lastSentAtMs = clock.now();
  }

  endTurn(): Promise<Transcript> {
    const turn = this.#endTurnAt(this.#audio.end);
    const isEmpty = turn.startByte >= this.#audio.end && turn.words.transcript.text === '';
    if (this.#isClosed || isEmpty || this.#isCovered(turn)) {
      return Promise.resolve(turn.words.transcript);
    }
    return new Promise((resolve, reject) => {
      turn.settle = resolve;
      turn.reject = reject;
      this.#ended.push(turn);
      this.#finalize(turn);
    });
  }

  discardTurn(): void {
    const turn = this.#endTurnAt(this.#audio.end);
    if (this.#isClosed || this.#isCovered(turn)) return;
    // Its words must not be taken for the next turn's.
    this.#ended.push(turn);
    this.#finalize(turn);
  }

  async close(): Promise<void> {
    this.#stop();
    for (const turn of this.#takeEnded()) turn.settle?.(turn.words.transcript);
  }

  get #isClosed(): boolean {
    return this.#over.signal.aborted;
  }

  readonly #onAbort = (): void => void this.close();

  /** Ends the turn that goes on; the next one begins there. */
  #endTurnAt(endByte: number): Turn {
    const turn = this.#turn;
    turn.endByte = endByte;
    this.#turn = newTurn(endByte);
    this.#interimText = '';
    return turn;
  }

  #isCovered({ endByte = Infinity, words }: Turn): boolean {
    return !words.hasInterim && this.#confirmedByte + TOLERANCE_MS * this.#bytesPerMs >= endByte;
  }

  #finalize(turn: Turn): void {
    if (!this.#connection) return;
    this.#connection.finalize();
    const { clock } = this.#settings;
    const settle = (): void => this.#settle(turn);
    turn.timer = clock.setTimeout(() => {
      if (turn.words.transcript.text !== '') settle();
      else turn.timer = clock.setTimeout(settle, FIRST_WORD_TIMEOUT_MS);
    }, FINALIZE_TIMEOUT_MS);
  }

  #settle(turn: Turn): void {
    turn.timer?.cancel();
    this.#ended = this.#ended.filter((one) => one !== turn);
    turn.settle?.(turn.words.transcript);
  }

  #takeEnded(): Turn[] {
    const ended = this.#ended;
    this.#ended = [];
    for (const turn of ended) turn.timer?.cancel();
    return ended;
  }

  #receive(message: DeepgramMessage): void {
    if (message.type === 'UtteranceEnd') this.#endTurnByItself();
    if (message.type !== 'Results') return;
    this.#reconnector.worked();
    const { is_final: isFinal = false } = message;
    const startByte = this.#toByte(message.start);
    const endByte = this.#toByte(message.start + message.duration);
    const turn = this.#turnAt(startByte);
    const { transcript = '', confidence = 0 } = message.channel?.alternatives?.[0] ?? {};
    turn.words.add({ text: transcript.trim(), confidence, isFinal });
    if (isFinal) this.#confirmedByte = Math.max(this.#confirmedByte, endByte);
    if (turn === this.#turn) this.#tellInterim();
    if (message.from_finalize === true && this.#ended[0]) this.#settle(this.#ended[0]);
    // Where that was said of a turn before, or not at all.
    while (this.#ended[0] && this.#isCovered(this.#ended[0])) this.#settle(this.#ended[0]);
    if (isFinal && message.speech_final === true && turn === this.#turn) this.#endTurnByItself();
  }

  /** The turn that a piece of audio belongs to. */
  #turnAt(startByte: number): Turn {
    const margin = (TOLERANCE_MS / 2) * this.#bytesPerMs;
    return this.#ended.find((turn) => startByte + margin < turn.endByte!) ?? this.#turn;
  }

  #tellInterim(): void {
    const { transcript } = this.#turn.words;
    if (transcript.text === '' || transcript.text === this.#interimText) return;
    this.#interimText = transcript.text;
    this.#options.onInterim?.(transcript);
  }

  /** Deepgram holds the turn for ended; that counts where somebody wants to know it. */
  #endTurnByItself(): void {
    const { onTurnEnded } = this.#options;
    const { words } = this.#turn;
    if (!onTurnEnded || !words.hasFinal || this.#isClosed) return;
    const { transcript } = words;
    this.#endTurnAt(Math.max(this.#turn.startByte, this.#confirmedByte));
    onTurnEnded(transcript);
  }

  #toByte(seconds: number): number {
    return this.#connectionStart + Math.round(seconds * 1000 * this.#bytesPerMs);
  }

  async #connect(): Promise<void> {
    const { signal } = this.#over;
    const current: { connection?: DeepgramConnection } = {};
    const isCurrent = (): boolean =>
      current.connection !== undefined && current.connection === this.#connection;
    const handlers = {
      onMessage: (message: DeepgramMessage) => {
        if (isCurrent()) this.#receive(message);
      },
      onLost: (error: DeepgramError) => {
        if (isCurrent()) this.#lost(error);
      },
    };
    const connection = await connectDeepgram(this.#settings, handlers, signal);
    if (this.#isClosed) {
      connection.close();
      throw signal.reason;
    }
    this.#connection = current.connection = connection;
    this.#sendAgain(connection);
    this.#keepAlive();
  }

  /** Gives a new connection the audio whose words the one before did not tell. */
  #sendAgain(connection: DeepgramConnection): void {
    const { clock } = this.#settings;
    const first = this.#ended[0] ?? this.#turn;
    let at = Math.max(first.startByte, this.#confirmedByte, this.#audio.start);
    this.#connectionStart = at;
    this.#lastSentAtMs = clock.now();
    const sendUntil = (end: number): void => {
      this.#audio.read(at, end, (bytes) => connection.sendAudio(bytes));
      at = Math.max(at, end);
    };
    for (const turn of this.#ended) {
      sendUntil(turn.endByte!);
      this.#finalize(turn);
    }
    sendUntil(this.#audio.end);
  }

  #keepAlive(): void {
    const { clock } = this.#settings;
    this.#keepAliveTimer?.cancel();
    this.#keepAliveTimer = clock.setTimeout(() => {
      if (clock.now() - this.#lastSentAtMs >= KEEP_ALIVE_MS) this.#connection?.keepAlive();
      this.#keepAlive();
    }, KEEP_ALIVE_MS);
  }

  #lost(error: DeepgramError): void {
    const { logger } = this.#settings;
    this.#connection = undefined;
    this.#keepAliveTimer?.cancel();
    for (const turn of this.#ended) turn.timer?.cancel();
    if (!this.#reconnector.mayRetry(error)) {
      this.#fail(error);
      return;
    }
    logger.warn({ error }, 'The connection to Deepgram was lost; it is opened anew');
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#reconnector.reopen();
    } catch (error) {
      if (!this.#isClosed) this.#fail(error);
    }
  }

  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : unreachable(cause);
    this.#stop();
    for (const turn of this.#takeEnded()) turn.reject?.(error);
    this.#options.onError?.(error);
  }

  /** Frees all it has. Repeatable. */
  #stop(): void {
    this.#over.abort();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#keepAliveTimer?.cancel();
    this.#connection?.close();
    this.#connection = undefined;
  }
}

function newTurn(startByte: number): Turn {
  return {
    startByte,
    endByte: undefined,
    words: new TurnWords(),
    settle: undefined,
    reject: undefined,
    timer: undefined,
  };
}
