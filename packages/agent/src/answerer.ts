import type { Clock, PhoneCall } from '@phone-agents/core';
import type { Conversation } from './conversation.ts';
import { replySentences } from './reply-sentences.ts';
import type { ResponderReply, ResponderRequest } from './responder.ts';
import type { CallerInput, TranscriptEntry, TurnMeasurement } from './session-events.ts';
import type { Speaker } from './speaker.ts';
import type { PreparedSentence, Utterance } from './utterance.ts';

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

/** How a question is put to the responder. */
export type Ask = (request: ResponderRequest) => ResponderReply | undefined;

export interface AnswererOptions {
  readonly call: PhoneCall;
  readonly instructions: string;
  readonly replyTimeoutMs: number;
  readonly clock: Clock;
  readonly conversation: Conversation;
  readonly speaker: Speaker;
  /** A sentence with its audio, rendered beforehand. */
  readonly fixedSentence: (text: string) => PreparedSentence;
  readonly onMeasured: (measurement: TurnMeasurement) => void;
}

/** Has the caller's questions answered by the responder, and the answers spoken. */
export class Answerer {
  readonly #options: AnswererOptions;
  #turnCount = 0;
  #last: { readonly question: Question; readonly utterance: Utterance } | undefined;

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  answer(asked: Question, ask: Ask): void {
    const question = this.#withUnanswered(asked);
    const turn = ++this.#turnCount;
    const utterance = this.#options.speaker.add({
      kind: 'reply',
      timeoutMs: this.#options.replyTimeoutMs,
      sentences: (signal) => this.#sentences(question, ask, signal),
      onFirstAudio: () => this.#measure(turn, question),
    });
    this.#last = { question, utterance };
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

  async *#sentences(
    { entries }: Question,
    ask: Ask,
    signal: AbortSignal,
  ): AsyncGenerator<PreparedSentence, void, undefined> {
    const { call, conversation, instructions, fixedSentence } = this.#options;
    const disclosure = conversation.owedDisclosure;
    const reply = ask({
      text: entries.map((entry) => entry.text).join(' '),
      history: conversation.history(entries),
      call,
      instructions,
      signal,
    });
    const owed = disclosure === undefined ? undefined : fixedSentence(disclosure);
    yield* replySentences(reply, owed, signal);
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
