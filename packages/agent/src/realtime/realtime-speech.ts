import type { SampleRate } from '@phone-agents/core';
import { PushQueue } from '../push-queue.ts';
import { AGENT_SAMPLE_RATE } from '../session.ts';
import type { CallerInput, TurnMeasurement } from '../session-events.ts';
import type { SpeechJob, SpokenSentence, Utterance } from '../speaking/utterance.ts';
import type { AnswerTimes } from '../turn-times.ts';
import { measureTurn } from '../turn-times.ts';
import { StreamResampler } from '../speaking/stream-resampler.ts';

/** When the caller's question was over, by the clock. */
export interface RealtimeQuestion {
  readonly input: CallerInput;
  /** Media time of its end, in ms. */
  readonly spokenAtMs: number;
  readonly speechEndedAt: number;
  readonly turnEndedAt: number;
}

/** What the model is to say, and why. */
export interface RealtimeRequest extends Pick<SpeechJob, 'kind' | 'isProtected'> {
  /** What the model is told for this answer alone. */
  readonly instructions?: string | undefined;
  /** What it answers. */
  readonly question?: RealtimeQuestion | undefined;
  /** The model answers without being asked. */
  readonly isUnasked?: boolean | undefined;
}

/** How much was heard of an item that was cut. */
export interface CutItem {
  readonly itemId: string;
  readonly heardMs: number;
}

/** A piece of speech that the model knows by its id. */
interface SpokenItem {
  readonly itemId: string;
  readonly chunks: PushQueue<Int16Array>;
  text: string;
}

/**
 * Something that the model was asked to say: what comes of it from the model, in the form in which the
 * speaker takes it. Each item of the model's is one sentence for the speaker.
 */
export class RealtimeSpeech {
  readonly request: RealtimeRequest;
  readonly times: AnswerTimes = {};
  /** Tools work for it, and what they give is still to be answered. */
  isWorking = false;
  /** The same at the speaker; set before anything can happen to it. */
  utterance!: Utterance;
  readonly #modelRate: SampleRate;
  #items: SpokenItem[] = [];
  #sentences = new PushQueue<SpokenSentence>();
  #resampler: StreamResampler;

  /** @param modelRate Rate of what the model gives, in Hz. */
  constructor(request: RealtimeRequest, modelRate: SampleRate) {
    this.request = request;
    this.#modelRate = modelRate;
    this.#resampler = new StreamResampler(modelRate, AGENT_SAMPLE_RATE);
  }

  /** For the speaker, when it is its turn. */
  get sentences(): AsyncIterable<SpokenSentence> {
    return this.#sentences;
  }

  /** Some of its audio has come, be it heard or not. */
  get hasAudio(): boolean {
    return this.times.firstSamplesAt !== undefined;
  }

  get isOver(): boolean {
    return this.utterance.outcome !== undefined;
  }

  /** The next samples, at the model's rate; kept. */
  push(itemId: string, samples: Int16Array): void {
    const { chunks } = this.#item(itemId);
    const resampled = this.#resampler.push(samples);
    if (resampled.length > 0) chunks.push(resampled);
  }

  /** The words of an item, about as far as its audio has come. */
  addText(itemId: string, text: string): void {
    this.#item(itemId).text += text;
  }

  /** An answer is made; more may belong to this speech. */
  endResponse(): void {
    const last = this.#items.at(-1);
    if (!last) return;
    const rest = this.#resampler.finish();
    if (rest.length > 0) last.chunks.push(rest);
    last.chunks.end();
  }

  /** Nothing more comes. */
  end(): void {
    this.endResponse();
    this.#sentences.end();
  }

  /** Forgets what has come, of which nothing was spoken; gives the model's items. */
  restart(): readonly CutItem[] {
    const items = this.#items.map(({ itemId }) => ({ itemId, heardMs: 0 }));
    this.#items = [];
    this.#sentences = new PushQueue();
    this.#resampler = new StreamResampler(this.#modelRate, AGENT_SAMPLE_RATE);
    this.times.firstSamplesAt = undefined;
    this.times.firstTextAt = undefined;
    return items;
  }

  /** The items that were not heard to their end, once it was interrupted. */
  cutItems(): readonly CutItem[] {
    const { progress, outcome } = this.utterance;
    const heardMs = outcome?.heardMs ?? 0;
    const spans = progress.spans;
    return this.#items.flatMap(({ itemId }, index) => {
      const span = spans[index];
      if (!span) return [{ itemId, heardMs: 0 }];
      if (span.isComplete && heardMs >= span.endMs) return [];
      return [{ itemId, heardMs: Math.max(0, Math.min(span.endMs, heardMs) - span.startMs) }];
    });
  }

  #item(itemId: string): SpokenItem {
    const known = this.#items.find((item) => item.itemId === itemId);
    if (known) return known;
    this.endResponse();
    const item: SpokenItem = { itemId, chunks: new PushQueue(), text: '' };
    this.#items.push(item);
    this.#sentences.push({ chunks: item.chunks, text: () => item.text.trim() });
    return item;
  }
}

/** What an answer to a question took, in parts. */
export function measureAnswer(
  turn: number,
  question: RealtimeQuestion,
  times: AnswerTimes,
): TurnMeasurement {
  const { input, spokenAtMs, turnEndedAt } = question;
  const { firstAudioAt, firstSamplesAt = firstAudioAt, firstTextAt = firstSamplesAt } = times;
  return measureTurn(
    turn,
    input,
    spokenAtMs,
    false,
    // The model answers what it hears; the words become known later.
    { ...question, recognisedAt: turnEndedAt },
    // Text may come behind the sound that it belongs to.
    { ...times, firstTextAt: Math.min(firstTextAt ?? Infinity, firstSamplesAt ?? Infinity) },
  );
}
