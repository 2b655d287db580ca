import type { Clock, Emitter, Logger, PhoneCall } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { Conversation } from '../conversation.ts';
import type {
  RealtimeAudioReceived,
  RealtimeConnection,
  RealtimeResponseEnded,
  RealtimeTextReceived,
  RealtimeToolCalled,
} from '../realtime-model.ts';
import type { AgentSessionEvents } from '../session-events.ts';
import type { Speaker } from '../speaking/speaker.ts';
import type { Utterance } from '../speaking/utterance.ts';
import { TurnFailures } from '../turn-failures.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import type { CutItem, RealtimeQuestion, RealtimeRequest } from './realtime-speech.ts';
import { RealtimeSpeech, measureAnswer } from './realtime-speech.ts';
import { verbatim } from './realtime-voice.ts';
import type { RealtimeTools } from './realtime-tools.ts';
import { ReplyTimer } from './reply-timer.ts';
import { ToolWork } from './tool-work.ts';

/** Something that the model is asked for; one speech may take several. */
interface Asked {
  readonly speech: RealtimeSpeech;
  readonly instructions: string | undefined;
  /** The model answers without being asked. */
  readonly isUnasked?: boolean | undefined;
}

const GO_ON =
  'The line was interrupted while you were speaking. Go on where you stopped, without repeating anything.';

export const SAY_AGAIN =
  'The caller has just said something that you could not hear. Ask them to say it again.';

export interface RealtimeAnswersOptions {
  readonly call: PhoneCall;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Emitter<AgentSessionEvents>;
  readonly settings: RealtimeAgentSettings;
  readonly instructions: string;
  readonly conversation: Conversation;
  readonly speaker: Speaker;
  readonly tools: RealtimeTools;
  /** Something was asked for, or has come. */
  readonly onChanged: () => void;
  /** The model is of no use any more; what it has said by now will still be heard. */
  readonly onGivenUp: (error: unknown) => void;
}

/**
 * What the model was asked for and what comes of it: answers in the order in which they were asked for,
 * asked again where nothing comes, and once more where the connection was lost meanwhile.
 */
export class RealtimeAnswers {
  readonly #options: RealtimeAnswersOptions;
  readonly #failures: TurnFailures;
  readonly #timer: ReplyTimer;
  readonly #toolWork = new ToolWork();
  readonly #speeches = new Map<Utterance, RealtimeSpeech>();
  /** What is being made, by the response's id. */
  readonly #answers = new Map<string, Asked>();
  #connection: RealtimeConnection | undefined;
  /** What was asked for and has not begun, in order. */
  #requests: Asked[] = [];
  /** Raised when the connection is lost: tool calls of before are not known to it any more. */
  #epoch = 0;
  #isLost = false;
  #isAttached = false;
  #isOver = false;
  /** What broke off with the connection while it was being said. */
  #cutOff: RealtimeSpeech | undefined;
  /** The answer that begins with the sentence that the agent owes the caller. */
  #disclosing: RealtimeSpeech | undefined;
  /** All that is being said is cut: what of it the model is to forget. */
  #cut: CutItem[] | undefined;
  #turnCount = 0;

  constructor(options: RealtimeAnswersOptions) {
    this.#options = options;
    const { call, clock, logger, events, settings, speaker } = options;
    this.#failures = new TurnFailures(call, logger, events);
    this.#timer = new ReplyTimer(
      clock,
      settings.replyTimeoutMs,
      // While something is to be heard yet, or the connection is made anew, there is time.
      () => speaker.hasSound || this.#isLost || !this.#isAttached,
      () => this.#tookTooLong(),
    );
  }

  /** Whether the connection is being made anew. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The model is there. */
  connected(connection: RealtimeConnection): void {
    this.#connection = connection;
  }

  /** The phone is there: answers are waited for. */
  attached(): void {
    this.#isAttached = true;
  }

  close(): void {
    this.#isOver = true;
    this.#timer.stop();
  }

  /** Asks the model for something that is said after all that is being said. */
  ask(request: RealtimeRequest): RealtimeSpeech {
    const speech = this.#add(request);
    const { instructions, isUnasked } = request;
    if (!speech.isOver) this.#await({ speech, instructions, isUnasked });
    return speech;
  }

  /** Has a sentence said within the answer for which a tool works, before what comes of its result. */
  sayWhileWorking(text: string): void {
    const speech = [...this.#speeches.values()].findLast((one) => one.isWorking && !one.isOver);
    const instructions = verbatim(text);
    if (speech) this.#await({ speech, instructions });
    else this.ask({ kind: 'announcement', instructions });
  }

  /** Has something of the caller's answered. */
  answer(question: RealtimeQuestion): void {
    const { conversation, instructions, settings } = this.#options;
    const owed = this.#disclosing ? undefined : conversation.owedDisclosure;
    const speech = this.ask({
      kind: 'reply',
      question,
      isUnasked: settings.realtime.answersItself && question.input === 'speech',
      instructions:
        owed === undefined
          ? undefined
          : `${instructions}\nBegin your answer with exactly this sentence: ${owed}`.trim(),
    });
    if (owed !== undefined && speech.request.isUnasked !== true) this.#disclosing = speech;
  }

  responseStarted(responseId: string): void {
    const asked = this.#requests.shift() ?? {
      speech: this.#add({ kind: 'reply' }),
      instructions: undefined,
    };
    if (asked.speech.isOver) {
      // It was taken out of the queue before it began; what was asked behind it goes with it.
      this.#connection?.interrupt(undefined, 0);
      this.#askAgain(this.#requests.filter(({ speech }) => !speech.isOver));
      return;
    }
    this.#answers.set(responseId, asked);
    this.#timer.start();
    this.#options.onChanged();
  }

  pieceReceived(piece: RealtimeAudioReceived | RealtimeTextReceived): void {
    const speech = this.#answers.get(piece.responseId)?.speech;
    if (!speech) return;
    const now = this.#options.clock.now();
    this.#timer.touch();
    if (piece.type === 'text-received') {
      speech.times.firstTextAt ??= now;
      speech.addText(piece.itemId, piece.text);
    } else {
      speech.times.firstSamplesAt ??= now;
      speech.push(piece.itemId, piece.samples);
    }
  }

  toolCalled(call: RealtimeToolCalled): void {
    const asked = this.#answers.get(call.responseId);
    if (asked) asked.speech.isWorking = true;
    this.#timer.stop();
    this.#toolWork.add(call.responseId, this.#runTool(call, this.#epoch));
    this.#options.onChanged();
  }

  responseEnded({ responseId, status, error }: RealtimeResponseEnded): void {
    const asked = this.#answers.get(responseId);
    const work = this.#toolWork.take(responseId);
    if (!asked) return;
    const { speech } = asked;
    this.#answers.delete(responseId);
    this.#timer.stop();
    if (this.#requests.length > 0) this.#timer.start();
    if (work) void work.then(() => this.#goOnWithResult(speech));
    if (status === 'failed' && !work && !speech.hasAudio) this.#failed(asked, error);
    else if (speech.isWorking || this.#requests.some((one) => one.speech === speech)) {
      speech.endResponse();
    } else speech.end();
    this.#options.onChanged();
  }

  /** The connection is lost, and is being made anew. */
  lost(): void {
    this.#isLost = true;
    this.#epoch++;
    const answers = [...this.#answers.values()];
    this.#answers.clear();
    for (const asked of answers.toReversed()) {
      if (!asked.speech.hasAudio) this.#requests.unshift(asked);
      else {
        this.#cutOff = asked.speech;
        asked.speech.end();
      }
    }
    this.#options.onChanged();
  }

  /** What the caller said last is lost: instead of an answer they are asked to say it again. */
  askToRepeat(): void {
    const instructions = `${this.#options.instructions}\n${SAY_AGAIN}`.trim();
    this.#requests = this.#requests.map((asked) =>
      asked.speech.request.question?.input === 'speech'
        ? { speech: asked.speech, instructions }
        : asked,
    );
  }

  /** It is there again. */
  restored(): void {
    this.#isLost = false;
    this.#askAgain(this.#requests);
    if (this.#cutOff) this.goOn();
    this.#cutOff = undefined;
  }

  /** What was being said when it broke off is said to its end. */
  goOn(): void {
    this.ask({ kind: 'reply', instructions: `${this.#options.instructions}\n${GO_ON}`.trim() });
  }

  /** What broke off, or was asked for, is of no use: the model cannot be reached any more. */
  giveUp(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.stop();
    for (const { speech } of this.#takeUnheard()) {
      if (speech.hasAudio) speech.end();
      else speech.utterance.interrupt();
    }
    this.#options.onGivenUp(error);
  }

  /** All that is being said, made and asked for is about to be cut. */
  beginCut(): void {
    this.#timer.stop();
    this.#cut = [];
    // All of it is with the speaker, who tells what became of it.
    this.#takeUnheard();
    this.#toolWork.forget();
    this.#cutOff = undefined;
  }

  /** All that was cut is known. */
  endCut(): void {
    const cut = this.#cut ?? [];
    this.#cut = undefined;
    this.#forget(cut);
  }

  /** Something that was said, or was to be said, is over. */
  finished(utterance: Utterance): void {
    const speech = this.#speeches.get(utterance);
    if (!speech || !utterance.outcome) return;
    this.#speeches.delete(utterance);
    this.#measure(speech);
    const { interrupted, error } = utterance.outcome;
    if (!interrupted) {
      // The model may have put the sentence into words of its own.
      if (speech === this.#disclosing || speech.request.kind === 'greeting') {
        this.#options.conversation.disclosed();
      }
      if (error === undefined && speech.hasAudio) this.#failures.reset();
    } else if (this.#cut) this.#cut.push(...speech.cutItems());
    else if (!this.#isOver) this.#cutOne(speech);
    if (speech === this.#disclosing) this.#disclosing = undefined;
  }

  #add(request: RealtimeRequest): RealtimeSpeech {
    const { speaker, clock, settings } = this.#options;
    const speech = new RealtimeSpeech(request, settings.realtime.outputSampleRate);
    const { kind, isProtected } = request;
    speech.utterance = speaker.add({
      kind,
      isProtected,
      sentences: () => speech.sentences,
      onFirstAudio: () => (speech.times.firstAudioAt ??= clock.now()),
      onFirstHeard: () => {
        speech.times.firstHeardAt = clock.now();
        this.#measure(speech);
      },
    });
    if (!speech.isOver) this.#speeches.set(speech.utterance, speech);
    return speech;
  }

  #await(asked: Asked): void {
    this.#requests.push(asked);
    if (!this.#isLost && asked.isUnasked !== true) this.#respond(asked);
    this.#timer.start();
    this.#options.onChanged();
  }

  #respond({ instructions }: Asked): void {
    this.#connection?.respond(instructions === undefined ? {} : { instructions });
  }

  /** Of what was asked for nothing will come: these are asked for again, in their order. */
  #askAgain(requests: Asked[]): void {
    this.#requests = requests;
    for (const asked of requests) this.#respond(asked);
    if (requests.length > 0) this.#timer.touch();
  }

  #takeUnheard(): Asked[] {
    const unheard = [...this.#answers.values(), ...this.#requests];
    this.#requests = [];
    this.#answers.clear();
    return unheard;
  }

  /** The model forgets what was not heard, and makes nothing more of what it was asked for. */
  #forget(cut: readonly CutItem[]): void {
    const [first, ...others] = cut;
    this.#connection?.interrupt(first?.itemId, first?.heardMs ?? 0);
    for (const { itemId, heardMs } of others) this.#connection?.interrupt(itemId, heardMs);
  }

  /** One speech alone was stopped: what is behind it is made anew. */
  #cutOne(speech: RealtimeSpeech): void {
    // Its turn is still to come; it is left out then.
    if (this.#requests.some((one) => one.speech === speech)) return;
    const beingMade = [...this.#answers.values()];
    const cut = [...speech.cutItems()];
    if (cut.length === 0 && !beingMade.some((one) => one.speech === speech)) return;
    for (const one of beingMade) if (one.speech !== speech) cut.push(...one.speech.restart());
    const behind = this.#takeUnheard().filter((one) => !one.speech.isOver);
    this.#forget(cut);
    this.#askAgain(behind);
  }

  async #runTool(call: RealtimeToolCalled, epoch: number): Promise<void> {
    const { tools, events } = this.#options;
    const { record, output } = await tools.run(call);
    if (this.#isOver) return;
    events.emit('tool-call-ended', record);
    if (epoch === this.#epoch) this.#connection?.sendToolResult(call.callId, output);
    // A connection made since knows of no such call.
    else this.#connection?.addText(`The tool ${call.name} has given this: ${output}`);
  }

  /** The tools have worked: the answer goes on with what they gave. */
  #goOnWithResult(speech: RealtimeSpeech): void {
    speech.isWorking = false;
    if (this.#isOver || speech.isOver) return;
    this.#await({ speech, instructions: speech.request.instructions });
  }

  /** Nothing comes: of an answer that has not begun, or in the middle of one. */
  #tookTooLong(): void {
    const [first, ...others] = this.#takeUnheard();
    if (!first) return;
    const error = new PhoneAgentError('reply_timeout', 'Nothing came of an answer for too long.');
    this.#forget([]);
    if (!first.speech.hasAudio) {
      this.#failed(first, error, others);
      return;
    }
    first.speech.end();
    if (this.#failures.add(error)) this.giveUp(error);
    else {
      this.#askAgain(others);
      this.goOn();
    }
  }

  /** Nothing came of an answer: it is asked for again, before all others. */
  #failed(asked: Asked, error: unknown, others = this.#requests): void {
    const isTooMany = this.#failures.add(error);
    this.#requests = [asked, ...others];
    if (isTooMany) {
      this.giveUp(error);
      return;
    }
    if (others.length > 0) this.#forget([]);
    this.#askAgain(this.#requests);
  }

  #measure(speech: RealtimeSpeech): void {
    const { question } = speech.request;
    const { times } = speech;
    if (!question || times.firstAudioAt === undefined || times.isMeasured) return;
    times.isMeasured = true;
    this.#options.events.emit('turn-measured', measureAnswer(++this.#turnCount, question, times));
  }
}
