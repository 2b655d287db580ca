import type { Clock, PhoneCall } from '@phone-agents/core';
import type { Conversation, PlacedToolCall } from './conversation.ts';
import { replySentences } from './speaking/reply-sentences.ts';
import type {
  CallerInput,
  ToolCallEnded,
  TranscriptEntry,
  TurnMeasurement,
} from './session-events.ts';
import type { Speaker } from './speaking/speaker.ts';
import type { Thinker } from './thinking/thinker.ts';
import type { PreparedSentence, Utterance } from './speaking/utterance.ts';

/** When the parts of one turn happened, by the clock. */
interface TurnTimes {
  readonly speechEndedAt: number;
  readonly turnEndedAt: number;
  readonly recognisedAt: number;
}

/** Something of the caller's that is to be answered. */
export interface Question {
  readonly input: CallerInput;
  /** What the caller said, in one piece or several. */
  readonly entries: readonly TranscriptEntry[];
  readonly times: TurnTimes;
}

export interface AnswererOptions {
  readonly call: PhoneCall;
  readonly thinker: Thinker;
  readonly instructions: string;
  readonly replyTimeoutMs: number;
  readonly clock: Clock;
  readonly conversation: Conversation;
  readonly speaker: Speaker;
  /** A sentence with its audio, rendered beforehand. */
  readonly fixedSentence: (text: string) => PreparedSentence;
  readonly onMeasured: (measurement: TurnMeasurement) => void;
  readonly onToolCallEnded: (ended: ToolCallEnded) => void;
}

/** Has the caller's questions answered, and the answers spoken. */
export class Answerer {
  readonly #options: AnswererOptions;
  #turnCount = 0;
  #last: { readonly question: Question; readonly utterance: Utterance } | undefined;

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  answer(asked: Question): void {
    const question = this.#withUnanswered(asked);
    const turn = ++this.#turnCount;
    const utterance = this.#reply(question, undefined, () => this.#measure(turn, question));
    this.#last = { question, utterance };
  }

  /** Has something thought up and said that the caller has not asked for. */
  obey(orders: string): Utterance {
    return this.#reply(undefined, orders, undefined);
  }

  /** A spoken question whose answer has not begun is asked together with what the caller said next. */
  #withUnanswered(question: Question): Question {
    const last = this.#last;
    if (!last || last.utterance.outcome || last.utterance === this.#options.speaker.current) {
      return question;
    }
    if (last.question.input !== 'speech' || question.input !== 'speech') return question;
    last.utterance.interrupt();
    return { ...question, entries: [...last.question.entries, ...question.entries] };
  }

  #reply(
    question: Question | undefined,
    orders: string | undefined,
    onFirstAudio: (() => void) | undefined,
  ): Utterance {
    const toolCalls: PlacedToolCall[] = [];
    return this.#options.speaker.add({
      kind: 'reply',
      timeoutMs: this.#options.replyTimeoutMs,
      toolCalls,
      sentences: (signal) => this.#sentences(question, orders, toolCalls, signal),
      onFirstAudio,
    });
  }

  async *#sentences(
    question: Question | undefined,
    orders: string | undefined,
    toolCalls: PlacedToolCall[],
    signal: AbortSignal,
  ): AsyncGenerator<PreparedSentence, void, undefined> {
    const { call, thinker, conversation, instructions, fixedSentence, onToolCallEnded } =
      this.#options;
    const disclosure = conversation.owedDisclosure;
    const entries = question?.entries ?? [];
    const pieces = thinker.think({
      text: entries.map((entry) => entry.text).join(' '),
      input: question?.input ?? 'text',
      orders,
      turns: conversation.turns(entries),
      call,
      instructions,
      signal,
      confirmed: Promise.resolve(),
      // Until its place among the sentences is known it comes after all of them.
      onToolCalled: (record) => toolCalls.push({ record, sentencesBefore: Infinity }),
      onToolCallEnded,
      onFirstText: () => {},
    });
    const owed = disclosure === undefined ? undefined : fixedSentence(disclosure);
    yield* replySentences(pieces, owed, signal, (record, sentencesBefore) => {
      const at = toolCalls.findIndex((placed) => placed.record === record);
      if (at >= 0) toolCalls[at] = { record, sentencesBefore };
    });
  }

  #measure(turn: number, { input, times }: Question): void {
    const { speechEndedAt, turnEndedAt, recognisedAt } = times;
    const now = this.#options.clock.now();
    this.#options.onMeasured({
      turn,
      input,
      endOfSpeechToFirstAudioMs: now - speechEndedAt,
      endOfTurnMs: turnEndedAt - speechEndedAt,
      recognitionMs: recognisedAt - turnEndedAt,
      answerMs: now - recognisedAt,
    });
  }
}
