import type { ClockTimer } from '@phone-agents/core';
import type { PendingInterruption } from '../floor.ts';
import { Floor } from '../floor.ts';
import { MediaTimer } from '../listening/media-timer.ts';
import type { RealtimeConnection, RealtimeEvent, RealtimeTurnEnded } from '../realtime-model.ts';
import type { CallerInput } from '../session-events.ts';
import { givenSentences } from '../speaking/reply-sentences.ts';
import type { AgentSpeech, SpeechJob, Utterance } from '../speaking/utterance.ts';
import { CallerTurns } from './caller-turns.ts';
import { RealtimeAnswers, SAY_AGAIN } from './realtime-answers.ts';
import type { RealtimeDialogueOptions } from './realtime-dialogue-options.ts';
import type { RealtimeQuestion } from './realtime-speech.ts';
import { verbatim } from './realtime-voice.ts';

/** Speech against the agent that lasts so long is no cough: the agent does not go on any more. */
const CERTAIN_SPEECH_MS = 1_000;
/** So long the words of a shorter one are waited for; then it is answered, whatever it was. */
const WORDS_TIMEOUT_MS = 1_000;
/** Silence behind a sound that the model takes for no speech, until the agent goes on. */
const NOISE_SILENCE_MS = 700;
/** And behind one that the model takes for a turn that is not over yet. */
const PAUSE_SILENCE_MS = 2_000;
/** Silence behind speech of which the model has heard nothing, until the caller is asked to repeat it. */
const UNHEARD_SILENCE_MS = 2_000;
/** So much of the silence in which the model waits for the turn's end is silence to the caller too. */
const END_OF_TURN_SILENCE_MS = 500;

/** A turn that may have been a noise, and has silenced the agent. */
interface DoubtfulTurn {
  readonly itemId: string;
  readonly pending: PendingInterruption;
  readonly question: RealtimeQuestion;
  readonly timer: ClockTimer;
}

/**
 * The caller's turns, as the model hears them and a detector of our own does: which of them are
 * answered, and which were noises that the agent speaks on behind.
 */
export class RealtimeDialogue {
  readonly floor: Floor;
  readonly answers: RealtimeAnswers;
  readonly #options: RealtimeDialogueOptions;
  readonly #turns = new CallerTurns();
  /** Due when the agent has been silent for long enough for nothing. */
  readonly #noise: MediaTimer;
  #connection: RealtimeConnection | undefined;
  #doubtful: DoubtfulTurn | undefined;
  /** The caller has spoken, the model has not heard it, and they wait for an answer. */
  #hasSpokenUnheard = false;
  /** Due when the model has had its time to hear it. */
  readonly #unheard: MediaTimer;
  #isClosed = false;

  constructor(options: RealtimeDialogueOptions) {
    this.#options = options;
    const { clock, timeline, settings, call, speaker } = options;
    this.#noise = new MediaTimer(clock, timeline);
    this.#unheard = new MediaTimer(clock, timeline);
    this.answers = new RealtimeAnswers({
      ...options,
      onChanged: () => this.floor.update(),
      onGivenUp: (error) => {
        if (this.floor.pending) this.floor.interrupt();
        void speaker.whenIdle().then(() => call.end('agent-failed', { error }));
      },
    });
    this.floor = new Floor({
      ...options,
      settings: { ...settings, minInterruptionWords: 0 },
      prompt: (text) => this.say(text, { kind: 'prompt' }),
      isThinking: () => this.#hasSpokenUnheard && !this.floor.isCallerSpeaking,
      onInterrupting: () => {
        this.#settleDoubt();
        this.answers.beginCut();
      },
      onInterrupted: () => this.answers.endCut(),
      onDigits: (digits) => this.receiveWritten('digit', digits),
    });
  }

  /** The model is there. */
  connected(connection: RealtimeConnection): void {
    this.#connection = connection;
    this.answers.connected(connection);
  }

  /** The phone is there: from now on the agent listens and speaks. */
  attached(): void {
    this.answers.attached();
    this.floor.attached();
  }

  close(): void {
    this.#isClosed = true;
    this.#settleDoubt();
    this.#unheard.cancel();
    this.answers.close();
    this.floor.close();
  }

  /** Has the model say something word for word. */
  say(text: string, job: Pick<SpeechJob, 'kind' | 'isProtected'>): AgentSpeech {
    return this.answers.ask({ ...job, instructions: verbatim(text) }).utterance;
  }

  /** Has the model think something up. */
  obey(orders: string): AgentSpeech {
    const instructions = `${this.#options.instructions}\n${orders}`.trim();
    return this.answers.ask({ kind: 'reply', instructions }).utterance;
  }

  /** Says a last sentence in place of all else; where it was rendered beforehand, the model is not needed. */
  sayLast(text: string): AgentSpeech {
    const { speaker, fixedSentence } = this.#options;
    this.floor.interrupt();
    const sentence = fixedSentence(text);
    const job = { kind: 'announcement', isProtected: true } as const;
    if (!sentence.samples) return this.say(text, job);
    const speech = speaker.add({ ...job, sentences: () => givenSentences([sentence]) });
    this.floor.update();
    return speech;
  }

  /** The caller's keys and texts: they interrupt the agent and are answered. */
  receiveWritten(input: CallerInput, text: string): void {
    if (this.#isClosed || this.floor.isDeaf) return;
    const { timeline, conversation, clock } = this.#options;
    const nowMs = timeline.now();
    this.floor.interruptByHand(input);
    conversation.addCaller(input, text, nowMs, nowMs);
    this.#connection?.addText(
      input === 'digit' ? `The caller pressed ${text} on the phone's keypad.` : text,
    );
    const now = clock.now();
    this.#answer({ input, spokenAtMs: nowMs, speechEndedAt: now, turnEndedAt: now });
  }

  /** Our own detector hears the caller speak from `startMs` up to `untilMs`. */
  heardSpeech(startMs: number, untilMs: number): void {
    this.#noise.cancel();
    this.#turns.heard(startMs, untilMs);
    this.floor.speechBegan(startMs);
    const { answersItself } = this.#options.settings.realtime;
    // What cannot be taken back needs both to hear it.
    if (!answersItself || this.#turns.isAgreed) this.floor.judgeSpeech(startMs, untilMs);
    const { pending } = this.floor;
    if (!pending) return;
    const isCertain = untilMs - pending.startedAtMs >= CERTAIN_SPEECH_MS;
    // A model that answers by itself will answer whatever it was.
    if (isCertain || answersItself) this.floor.interrupt();
  }

  /** Our own detector hears the caller fall silent, at `atMs`. */
  heardSilence(atMs: number): void {
    const isInTurn = this.#turns.startMs !== undefined;
    if (!isInTurn) this.floor.speechEnded();
    if (this.floor.pending && !this.#doubtful) {
      const silenceMs = isInTurn ? PAUSE_SILENCE_MS : NOISE_SILENCE_MS;
      this.#noise.set(atMs + silenceMs, () => this.#goOn());
    }
    if (this.answers.isLost || this.#turns.unheardMs >= CERTAIN_SPEECH_MS) this.#notHeard(atMs);
    this.floor.update();
  }

  /** The caller has spoken up to `endMs`, and waits; the model knows nothing of it. */
  #notHeard(endMs: number): void {
    const { clock, timeline } = this.#options;
    this.#hasSpokenUnheard = true;
    this.floor.audible(Math.max(timeline.clockAt(endMs), clock.now() - END_OF_TURN_SILENCE_MS));
    this.#unheard.set(endMs + UNHEARD_SILENCE_MS, () => {
      // A new connection hears what the one before has missed.
      if (this.answers.isLost || !this.#hasSpokenUnheard) return;
      this.#hasSpokenUnheard = false;
      this.obey(SAY_AGAIN);
    });
  }

  #isHeard(): void {
    this.#hasSpokenUnheard = false;
    this.#unheard.cancel();
  }

  /** Something has happened at the model. */
  receive(event: RealtimeEvent): void {
    if (this.#isClosed) return;
    switch (event.type) {
      case 'speech-started':
        this.#turnBegan(this.#options.toMediaMs(event.inputMs));
        return;
      case 'turn-ended':
        this.#turnEnded(event);
        return;
      case 'caller-transcribed':
        this.#wordsCame(event.itemId, event.text);
        return;
      case 'response-started':
        this.answers.responseStarted(event.responseId);
        return;
      case 'audio-received':
      case 'text-received':
        this.answers.pieceReceived(event);
        return;
      case 'tool-called':
        this.answers.toolCalled(event);
        return;
      case 'response-ended':
        this.answers.responseEnded(event);
        return;
      case 'connection-lost':
        this.#lost();
        return;
      case 'connection-restored':
        this.#isHeard();
        this.answers.restored();
        return;
      case 'connection-closed':
        this.answers.giveUp(event.error);
    }
  }

  /** Something that was said, or was to be said, is over. */
  speechFinished(utterance: Utterance): void {
    const { conversation, timeline } = this.#options;
    conversation.addAgent(utterance, this.floor.pending?.silencedAtMs ?? timeline.now());
    this.answers.finished(utterance);
  }

  #turnBegan(startMs: number): void {
    this.#turns.begin(startMs);
    this.#isHeard();
    this.floor.speechBegan(startMs);
    if (!this.#options.hasJudge()) this.floor.believeSpeech(startMs);
  }

  #turnEnded({ itemId, inputMs }: RealtimeTurnEnded): void {
    const { clock, timeline, toMediaMs } = this.#options;
    const { startMs, endMs, speechEndMs } = this.#turns.end(toMediaMs(inputMs));
    this.#isHeard();
    const { pending } = this.floor;
    if (!this.floor.judgeTurn({ startMs, speechMs: endMs - startMs })) {
      this.#connection?.discardTurn(itemId);
      this.floor.update();
      return;
    }
    this.#turns.awaitWords(itemId, { startMs, endMs: speechEndMs });
    const now = clock.now();
    const speechEndedAt = Math.min(now, timeline.clockAt(speechEndMs));
    const question: RealtimeQuestion = {
      input: 'speech',
      spokenAtMs: speechEndMs,
      speechEndedAt,
      turnEndedAt: now,
    };
    // A silence in which the model waited for more was none to the caller.
    this.floor.audible(Math.max(speechEndedAt, now - END_OF_TURN_SILENCE_MS));
    if (pending) this.#doubt(itemId, pending, question);
    else this.#answer(question);
  }

  /** It was short, and has silenced the agent: its words tell whether it was a turn. */
  #doubt(itemId: string, pending: PendingInterruption, question: RealtimeQuestion): void {
    this.#noise.cancel();
    const timer = this.#options.clock.setTimeout(() => this.#believe(), WORDS_TIMEOUT_MS);
    this.#doubtful = { itemId, pending, question, timer };
    this.floor.update();
  }

  #wordsCame(itemId: string, text: string): void {
    const turn = this.#turns.takeUnwritten(itemId);
    const isDoubtful = this.#doubtful?.itemId === itemId;
    if (isDoubtful && text === '') {
      this.#goOn();
      return;
    }
    const addWords = (): void => {
      if (!turn || text === '') return;
      this.#options.conversation.addCaller('speech', text, turn.startMs, turn.endMs);
    };
    if (isDoubtful) this.#believe(addWords);
    else addWords();
  }

  /** What has silenced the agent was a turn. */
  #believe(addWords: () => void = () => {}): void {
    const doubtful = this.#settleDoubt();
    if (!doubtful) return;
    if (this.floor.pending === doubtful.pending) this.floor.interrupt();
    addWords();
    this.#answer(doubtful.question);
  }

  /** What has silenced the agent was a noise. */
  #goOn(): void {
    const doubtful = this.#settleDoubt();
    if (doubtful) this.#connection?.discardTurn(doubtful.itemId);
    if (this.floor.pending) this.floor.withdraw();
  }

  #settleDoubt(): DoubtfulTurn | undefined {
    const doubtful = this.#doubtful;
    this.#doubtful = undefined;
    doubtful?.timer.cancel();
    this.#noise.cancel();
    return doubtful;
  }

  #answer(question: RealtimeQuestion): void {
    this.floor.callerWasHeard();
    if (question.input === 'speech') this.floor.callerSpoke();
    this.answers.answer(question);
  }

  /** What the caller was saying is not known; once the model is there again it hears it anew. */
  #lost(): void {
    const isUnknown = this.#turns.forget();
    this.floor.speechEnded();
    if (this.#doubtful) this.#goOn();
    this.answers.lost();
    // A new connection is told what was said, as far as that was written down.
    if (isUnknown) this.answers.askToRepeat();
  }
}
