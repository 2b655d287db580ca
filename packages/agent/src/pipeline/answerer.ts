import type { Clock, PhoneCall } from '@phone-agents/core';
import type { Conversation, PlacedToolCall } from '../conversation.ts';
import type {
  AnswerSource,
  CallerInput,
  ToolCallEnded,
  TranscriptEntry,
  TurnMeasurement,
} from '../session-events.ts';
import { replySentences } from '../speaking/reply-sentences.ts';
import type { Speaker } from '../speaking/speaker.ts';
import type { PreparedSentence, Utterance } from '../speaking/utterance.ts';
import type { Thinker } from '../thinking/thinker.ts';
import type { ToolCallRecord } from '../thinking/tool-call-record.ts';
import type { AnswerTimes, QuestionTimes } from '../turn-times.ts';
import { measureTurn } from '../turn-times.ts';
import { Waiters } from '../waiters.ts';

/** Something of the caller's that is to be answered. */
export interface Question {
  readonly input: CallerInput;
  /** What the caller said, in one piece or several. */
  readonly entries: readonly TranscriptEntry[];
  readonly times: QuestionTimes;
}

export interface AnswererOptions {
  readonly call: PhoneCall;
  readonly thinker: Thinker;
  readonly instructions: string;
  readonly clock: Clock;
  readonly conversation: Conversation;
  readonly speaker: Speaker;
  /** A sentence with its audio, rendered beforehand. */
  readonly fixedSentence: (text: string) => PreparedSentence;
  readonly onMeasured: (measurement: TurnMeasurement) => void;
  readonly onToolCallEnded: (ended: ToolCallEnded) => void;
}

/** What is asked: the caller's words, or what the agent is told to say. */
interface Asked {
  readonly text: string;
  readonly input: CallerInput;
  readonly orders?: string | undefined;
  /** The caller's words in the record, which are not history. */
  readonly entries: readonly TranscriptEntry[];
}

/** One answer on its way. */
interface Answer {
  readonly asked: Asked;
  /** Absent while it is a draft, and where the agent speaks unasked. */
  question: Question | undefined;
  turn: number;
  readonly isEarly: boolean;
  readonly times: AnswerTimes;
  readonly confirm: () => void;
  readonly utterance: Utterance;
}

/** Has the caller's questions answered, and the answers spoken. */
export class Answerer {
  readonly #options: AnswererOptions;
  #turnCount = 0;
  #last: Answer | undefined;
  /** An answer to what the caller seems to have said; not spoken yet. */
  #draft: Answer | undefined;
  /** Tool calls whose place among the sentences is not reached yet: what comes before is still to be spoken. */
  readonly #unplaced = new Set<ToolCallRecord>();
  readonly #placement = new Waiters();

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  answer(asked: Question): void {
    const question = this.#withUnanswered(asked);
    const text = question.entries.map((entry) => entry.text).join(' ');
    const draft = this.#draft;
    this.#draft = undefined;
    if (draft && !draft.utterance.outcome && isSameSpeech(draft.asked.text, text)) {
      this.#begin(draft, question);
      draft.confirm();
      draft.utterance.release();
      return;
    }
    draft?.utterance.interrupt();
    const { input, entries } = question;
    this.#begin(this.#reply({ text, input, entries }, false), question);
  }

  /** Has something thought up and said that the caller has not asked for. */
  obey(orders: string): Utterance {
    return this.#reply({ text: '', input: 'text', orders, entries: [] }, false).utterance;
  }

  /** Prepares the answer to what the caller seems to have said; the same draft stays as it is. */
  draft(text: string): void {
    if (this.#draft && isSameSpeech(this.#draft.asked.text, text)) return;
    this.dropDraft();
    this.#draft = this.#reply({ text, input: 'speech', entries: [] }, true);
  }

  /** The caller went on, or said something else. */
  dropDraft(): void {
    const draft = this.#draft;
    this.#draft = undefined;
    draft?.utterance.interrupt();
  }

  /** Resolves when all that the model has said before its tool calls so far is on its way to the ear. */
  async whenPlaced(): Promise<void> {
    while (this.#unplaced.size > 0) await this.#placement.wait();
  }

  #begin(answer: Answer, question: Question): void {
    answer.question = question;
    answer.turn = ++this.#turnCount;
    this.#last = answer;
  }

  /** A spoken question whose answer has not begun is asked together with what the caller said next. */
  #withUnanswered(question: Question): Question {
    const last = this.#last;
    if (!last?.question || last.utterance.outcome) return question;
    if (last.utterance === this.#options.speaker.current) return question;
    if (last.question.input !== 'speech' || question.input !== 'speech') return question;
    last.utterance.interrupt();
    return { ...question, entries: [...last.question.entries, ...question.entries] };
  }

  #reply(asked: Asked, isDraft: boolean): Answer {
    const { clock, speaker, thinker } = this.#options;
    const toolCalls: PlacedToolCall[] = [];
    const sources: AnswerSource[] = [];
    const times: AnswerTimes = {};
    let confirm = (): void => {};
    const confirmed = isDraft
      ? new Promise<void>((resolve) => (confirm = resolve))
      : Promise.resolve();
    const utterance = speaker.add({
      kind: 'reply',
      isDraft,
      timeoutMs: thinker.timeoutMs,
      toolCalls,
      sources,
      sentences: (signal) => this.#sentences(asked, toolCalls, sources, times, confirmed, signal),
      onFirstSamples: () => (times.firstSamplesAt ??= clock.now()),
      onFirstAudio: () => (times.firstAudioAt ??= clock.now()),
      onFirstHeard: () => {
        times.firstHeardAt = clock.now();
        this.#measure(answer);
      },
    });
    const answer: Answer = {
      asked,
      question: undefined,
      turn: 0,
      isEarly: isDraft,
      times,
      confirm: () => confirm(),
      utterance,
    };
    void utterance.finished.then(() => {
      // Where the first frame was never heard.
      this.#measure(answer);
      this.#placed(toolCalls.map(({ record }) => record));
    });
    return answer;
  }

  async *#sentences(
    asked: Asked,
    toolCalls: PlacedToolCall[],
    sources: AnswerSource[],
    times: AnswerTimes,
    confirmed: Promise<void>,
    signal: AbortSignal,
  ): AsyncGenerator<PreparedSentence, void, undefined> {
    const { call, clock, thinker, conversation, instructions, fixedSentence, onToolCallEnded } =
      this.#options;
    const disclosure = conversation.owedDisclosure;
    const { text, input, orders, entries } = asked;
    const pieces = thinker.think({
      text,
      input,
      orders,
      turns: conversation.turns(entries),
      call,
      instructions,
      signal,
      confirmed,
      // Until its place among the sentences is known it comes after all of them.
      onToolCalled: (record) => {
        toolCalls.push({ record, sentencesBefore: Infinity });
        this.#unplaced.add(record);
      },
      onToolCallEnded,
      onSource: (found) => {
        const { source, title } = found;
        if (sources.some((other) => other.source === source && other.title === title)) return;
        sources.push(found);
      },
      onFirstText: () => (times.firstTextAt ??= clock.now()),
    });
    const owed = disclosure === undefined ? undefined : fixedSentence(disclosure);
    yield* replySentences(pieces, owed, signal, (record, sentencesBefore) => {
      const at = toolCalls.findIndex((placed) => placed.record === record);
      if (at >= 0) toolCalls[at] = { record, sentencesBefore };
      this.#placed([record]);
    });
  }

  #placed(records: readonly ToolCallRecord[]): void {
    for (const record of records) this.#unplaced.delete(record);
    this.#placement.wake();
  }

  #measure(answer: Answer): void {
    const { question, times, turn, isEarly } = answer;
    if (!question || times.firstAudioAt === undefined || times.isMeasured) return;
    times.isMeasured = true;
    const spokenAtMs = question.entries.at(-1)?.endMs ?? 0;
    this.#options.onMeasured(
      measureTurn(turn, question.input, spokenAtMs, isEarly, question.times, times),
    );
  }
}

/** Recognisers write the same words now with, now without marks and capitals. */
function isSameSpeech(first: string, second: string): boolean {
  return bareWords(first) === bareWords(second);
}

function bareWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
