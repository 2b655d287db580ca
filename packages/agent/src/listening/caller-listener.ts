import type { AudioFrame, Clock, Logger, SampleRate } from '@phone-agents/core';
import { FRAME_DURATION_MS, PhoneAgentError } from '@phone-agents/core';
import { FrameHold } from './frame-hold.ts';
import type { MediaTimeline } from './media-timeline.ts';
import { RateConverter } from './rate-converter.ts';
import type { SpeechToText, SpeechToTextStream, Transcript } from './speech-to-text.ts';
import type { DetectedTurn } from './turn-detector.ts';
import { TurnDetector } from './turn-detector.ts';
import type { VoiceActivityDetector, VoiceActivityStream } from './voice-activity-detector.ts';

/** The recogniser gets this much of what came before the detected start of speech. */
const LEAD_IN_MS = 200;
/** And this much silence behind its end; what follows is kept for the next turn. */
const TRAILING_MS = 200;
/** Between turns this much is kept: detectors report the start of speech some time after it. */
const KEEP_MS = 600;
/** A detector that is further behind than this has stopped working: more than any backlog. */
const HOLD_LIMIT_MS = 15_000;
/** So often in a row a recogniser or detector is opened anew before it is given up. */
const MAX_RESTARTS = 3;

export interface CallerListenerOptions {
  readonly vad: VoiceActivityDetector;
  readonly stt: SpeechToText;
  readonly phrases: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly callId: string;
  readonly signal: AbortSignal;
  readonly timeline: MediaTimeline;
  readonly endOfTurnSilenceMs: number;
  readonly maxTurnMs: number;
  readonly recognitionTimeoutMs: number;
  readonly onSpeechContinued: (startMs: number, untilMs: number) => void;
  /** Within a turn the caller has been silent for `silentMs`, and may go on. */
  readonly onPaused: (silentMs: number) => void;
  /** Words of the turn that goes on, before its end. */
  readonly onInterim: (text: string) => void;
  /** The recogniser believes that the turn is over, with these words. */
  readonly onTurnEndLikely: (text: string) => void;
  /** Either `recognise` or `discard` is called before it returns. */
  readonly onTurnEnded: (turn: DetectedTurn) => void;
  /** It can hear no more: detector or recogniser failed and could not be opened anew. */
  readonly onLost: (error: unknown) => void;
}

/**
 * Listens to the caller. Every frame goes to the detector at once and is held until the detector has
 * judged it; only then, and only where it belongs to speech, the recogniser gets it. So a turn's
 * text never holds a word of the next turn, even if ten seconds arrive in one burst and the
 * detector answers later.
 */
export class CallerListener {
  readonly #options: CallerListenerOptions;
  readonly #turns: TurnDetector;
  readonly #hold: FrameHold;
  readonly #toVad: RateConverter;
  readonly #toStt: RateConverter | undefined;
  readonly #vadFrame: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  readonly #sttFrame: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  readonly #pendingTimers = new Set<() => void>();
  #vad: VoiceActivityStream | undefined;
  #stt: SpeechToTextStream | undefined;
  /** The recogniser's turn lost audio, or the recogniser itself. */
  #turnFault: unknown;
  #hasWritten = false;
  /** What the recogniser gave with the end of a turn that it has found itself. */
  #ownTranscript: Transcript | undefined;
  /** The recogniser was asked for the end of a turn, and has not answered. */
  #isEnding = false;
  #restarts = 0;
  #isClosed = false;

  constructor(options: CallerListenerOptions) {
    const { vad, stt, endOfTurnSilenceMs, maxTurnMs } = options;
    this.#options = options;
    this.#turns = new TurnDetector({
      silenceMs: endOfTurnSilenceMs,
      tailMs: vad.tailMs,
      maxTurnMs,
      onSpeechContinued: options.onSpeechContinued,
      onPaused: options.onPaused,
      onTurnEnded: (turn) => this.#turnEnded(turn),
    });
    this.#hold = new FrameHold(FRAME_DURATION_MS, HOLD_LIMIT_MS / FRAME_DURATION_MS);
    this.#toVad = new RateConverter(vad.sampleRate);
    this.#toStt = stt.sampleRate === vad.sampleRate ? undefined : new RateConverter(stt.sampleRate);
    const samples = new Int16Array(0);
    this.#vadFrame = { samples, sampleRate: vad.sampleRate, timestampSamples: 0 };
    this.#sttFrame = { samples, sampleRate: stt.sampleRate, timestampSamples: 0 };
  }

  /** Whether the caller is in the middle of a turn. */
  get isInTurn(): boolean {
    return this.#turns.turnStartMs !== undefined;
  }

  /** Loads and opens detector and recogniser. */
  async open(): Promise<void> {
    await Promise.all([this.#openDetector(), this.#openRecogniser()]);
  }

  /** One frame of the caller's, at any rate; borrowed. */
  receive(frame: AudioFrame): void {
    if (this.#isClosed) return;
    const startMs = this.#options.timeline.place(frame);
    const forVad = this.#toVad.convert(frame);
    const forStt = this.#toStt?.convert(frame) ?? forVad;
    // Held by number even where the recogniser gets all at once: it tells a detector that has stopped.
    const kept = this.#hold.push(forStt, startMs);
    if (this.#options.stt.isContinuous) this.#writeToRecogniser(forStt, startMs);
    const vadFrame = this.#vadFrame;
    vadFrame.samples = forVad;
    vadFrame.timestampSamples = toSamples(startMs, vadFrame.sampleRate);
    this.#vad?.write(vadFrame);
    if (!kept) this.#detectorStalled();
  }

  /**
   * The words of the turn that has ended.
   *
   * @throws PhoneAgentError with code `recognition_failed` or `recognition_timeout`.
   */
  async recognise(): Promise<Transcript> {
    const stt = this.#stt;
    const fault = this.#turnFault;
    const own = this.#ownTranscript;
    this.#turnFault = undefined;
    this.#hasWritten = false;
    this.#ownTranscript = undefined;
    if (own) return own;
    if (!stt || fault !== undefined) {
      throw new PhoneAgentError('recognition_failed', 'The recogniser failed during the turn.', {
        cause: fault,
      });
    }
    const { clock, recognitionTimeoutMs } = this.#options;
    let cancel = (): void => {};
    const tooLong = new Promise<never>((_, reject) => {
      const timer = clock.setTimeout(
        () => reject(new PhoneAgentError('recognition_timeout', 'Recognition took too long.')),
        recognitionTimeoutMs,
      );
      cancel = () => timer.cancel();
      this.#pendingTimers.add(cancel);
    });
    this.#isEnding = true;
    try {
      const transcript = await Promise.race([stt.endTurn(), tooLong]);
      this.#restarts = 0;
      return transcript;
    } catch (cause) {
      this.#recogniserFailed(stt, cause);
      if (PhoneAgentError.isInstance(cause) && cause.code === 'recognition_timeout') throw cause;
      throw new PhoneAgentError('recognition_failed', 'The turn was not recognised.', { cause });
    } finally {
      this.#isEnding = false;
      cancel();
      this.#pendingTimers.delete(cancel);
    }
  }

  /** What was said in the turn that has ended was no speech to us. */
  discard(): void {
    if (this.#hasWritten && !this.#ownTranscript) this.#stt?.discardTurn();
    this.#hasWritten = false;
    this.#ownTranscript = undefined;
    this.#turnFault = undefined;
  }

  /** Frees everything. Repeatable. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const cancel of this.#pendingTimers) cancel();
    this.#pendingTimers.clear();
    this.#hold.clear();
    const streams = [this.#vad, this.#stt];
    this.#vad = undefined;
    this.#stt = undefined;
    await Promise.all(streams.map((stream) => this.#closeStream(stream)));
  }

  async #openDetector(): Promise<void> {
    const { vad } = this.#options;
    await vad.prepare?.();
    if (this.#isClosed) return;
    // Of a detector that was replaced nothing counts any more.
    let isCurrent = true;
    const toMs = 1000 / vad.sampleRate;
    const stream = await vad.open({
      onActivity: ({ type, timestampSamples, decidedAtSamples }) => {
        if (!isCurrent || this.#isClosed) return;
        this.#turns.activity(type, timestampSamples * toMs, decidedAtSamples * toMs);
        this.#moveFrames();
      },
      onWindow: (endSamples, probability) => {
        if (!isCurrent || this.#isClosed) return;
        this.#turns.window(endSamples * toMs, probability);
        this.#moveFrames();
      },
      onError: (error) => {
        if (!isCurrent) return;
        isCurrent = false;
        this.#detectorFailed(error);
      },
    });
    if (this.#isClosed) await this.#closeStream(stream);
    else this.#vad = stream;
  }

  async #openRecogniser(): Promise<void> {
    const { stt, phrases, signal } = this.#options;
    await stt.prepare?.({ phrases });
    if (this.#isClosed) return;
    const opened: { stream?: SpeechToTextStream; fault?: { readonly error: unknown } } = {};
    const isCurrent = (): boolean =>
      !this.#isClosed && opened.stream !== undefined && opened.stream === this.#stt;
    const stream = await stt.open({
      phrases,
      signal,
      onInterim: ({ text }) => {
        if (isCurrent() && text.trim() !== '') this.#options.onInterim(text.trim());
      },
      onTurnEndLikely: ({ text }) => {
        if (isCurrent() && text.trim() !== '') this.#options.onTurnEndLikely(text.trim());
      },
      onTurnEnded: (transcript) => {
        if (isCurrent()) this.#recogniserEndedTurn(transcript);
      },
      onError: (error) => {
        if (opened.stream) this.#recogniserFailed(opened.stream, error);
        else opened.fault = { error };
      },
    });
    if (opened.fault) throw opened.fault.error;
    opened.stream = stream;
    if (this.#isClosed) await this.#closeStream(stream);
    else this.#stt = stream;
  }

  /** Gives the recogniser what is known to be speech, and forgets what is known not to be. */
  #moveFrames(): void {
    const { analysedMs, turnStartMs, silentSinceMs } = this.#turns;
    if (this.#options.stt.isContinuous) {
      this.#hold.drop(analysedMs);
      return;
    }
    if (turnStartMs === undefined) {
      this.#hold.drop(analysedMs - KEEP_MS);
      return;
    }
    if (!this.#hasWritten) this.#hold.drop(turnStartMs - LEAD_IN_MS);
    this.#hold.release(
      silentSinceMs === undefined ? analysedMs : Math.min(analysedMs, silentSinceMs + TRAILING_MS),
      this.#writeToRecogniser,
    );
  }

  readonly #writeToRecogniser = (samples: Int16Array, startMs: number): void => {
    this.#hasWritten = true;
    const frame = this.#sttFrame;
    frame.samples = samples;
    frame.timestampSamples = toSamples(startMs, frame.sampleRate);
    this.#stt?.write(frame);
  };

  /** The recogniser has found the end of a turn before the silence was long enough. */
  #recogniserEndedTurn(transcript: Transcript): void {
    const text = transcript.text.trim();
    // What it is asked for just now comes by another way.
    if (this.#isEnding) return;
    this.#ownTranscript = transcript;
    if (this.#turns.finish()) return;
    const nowMs = this.#turns.analysedMs;
    // The detector took it for silence.
    if (text === '') this.#ownTranscript = undefined;
    else
      this.#options.onTurnEnded({ startMs: nowMs, endMs: nowMs, decidedAtMs: nowMs, speechMs: 0 });
  }

  #turnEnded(turn: DetectedTurn): void {
    if (this.#options.stt.isContinuous) {
      this.#options.onTurnEnded(turn);
      return;
    }
    if (!this.#hasWritten) this.#hold.drop(turn.startMs - LEAD_IN_MS);
    const untilMs = Math.min(turn.decidedAtMs, turn.endMs + this.#options.vad.tailMs + TRAILING_MS);
    this.#hold.release(untilMs, this.#writeToRecogniser);
    this.#options.onTurnEnded(turn);
  }

  #recogniserFailed(stream: SpeechToTextStream, error: unknown): void {
    if (this.#isClosed || this.#stt !== stream) return;
    this.#stt = undefined;
    if (this.isInTurn) this.#turnFault = error;
    void this.#closeStream(stream);
    this.#restart('recogniser', error, () => this.#openRecogniser());
  }

  #detectorFailed(error: unknown): void {
    const stream = this.#vad;
    if (this.#isClosed) return;
    this.#vad = undefined;
    if (this.isInTurn) {
      this.#turns.reset();
      this.discard();
    }
    this.#hold.clear();
    void this.#closeStream(stream);
    this.#restart('voice activity detector', error, () => this.#openDetector());
  }

  #detectorStalled(): void {
    if (!this.#vad) return;
    this.#detectorFailed(
      new PhoneAgentError('voice_activity_stalled', 'Voice activity detection gives no decisions.'),
    );
  }

  #restart(what: string, error: unknown, open: () => Promise<void>): void {
    const { logger, callId, onLost } = this.#options;
    logger.warn({ callId, error }, `The ${what} failed; it is opened anew`);
    if (++this.#restarts > MAX_RESTARTS) {
      onLost(error);
      return;
    }
    open().catch((cause: unknown) => {
      if (!this.#isClosed) onLost(cause);
    });
  }

  async #closeStream(stream: VoiceActivityStream | SpeechToTextStream | undefined): Promise<void> {
    try {
      await stream?.close();
    } catch (error) {
      const { logger, callId } = this.#options;
      logger.warn({ callId, error }, 'A speech stream did not close cleanly');
    }
  }
}

function toSamples(ms: number, rate: SampleRate): number {
  return Math.round((ms * rate) / 1000);
}
