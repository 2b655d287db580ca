import type { TurnMeasurement } from '@phone-agents/agent';
import { renderSpeech } from '@phone-agents/agent';
import { systemClock } from '@phone-agents/core';
import { offlineTextToSpeech } from '@phone-agents/offline';
import type { CallerAction, CallSound, CarrierCall } from '@phone-agents/simulator';
import {
  answerDelayMs,
  callSound,
  findSpeech,
  interruptionDelayMs,
  trimSilence,
  untilHeard,
  untilQuiet,
} from '@phone-agents/simulator';
import { PHONE_RATE } from '../phone-rate.ts';
import type { LibraryLine } from './library-line.ts';
import { QUESTIONS, questionIn } from './library.ts';

/** The first turn of a call loads and compiles; it is not counted. */
const WARM_UP_TURNS = 1;
/** The caller hears so much of an answer that is interrupted. */
const PATIENCE_MS = 1_500;
/** A pause within an answer is shorter. */
const QUIET_MS = 900;
const GIVE_UP_MS = 15_000;

/** What was found in one call. */
export interface ConversationTimes {
  /** Of the turns that count, those whose question was recognised. */
  readonly understood: number;
  /** For each turn: end of the question, to the first sound of its answer at the ear. */
  readonly answeredMs: readonly number[];
  /** The same turns, as the agent has measured them. */
  readonly turns: readonly TurnMeasurement[];
}

export interface InterruptionTimes {
  /** From the caller's first sound to silence at the ear. */
  readonly fromOnsetMs: readonly number[];
  /** From the moment in which the agent accepted it, to silence at the ear. */
  readonly fromAcceptanceMs: readonly number[];
}

/** What callers say, as samples without silence around them. */
export type CallerVoice = ReadonlyMap<string, Int16Array>;

export async function renderQuestions(): Promise<CallerVoice> {
  const tts = offlineTextToSpeech({ voice: 'slt' });
  const spoken = new Map<string, Int16Array>();
  for (const question of QUESTIONS) {
    const samples = await renderSpeech(tts, question, { sampleRate: PHONE_RATE });
    spoken.set(question, trimSilence(samples));
  }
  await tts.close?.();
  return spoken;
}

/** From the moment in which the media socket is open to the first sample of the greeting at the ear, call by call. */
export async function measureGreetings({ carrier }: LibraryLine, calls: number): Promise<number[]> {
  const delays: number[] = [];
  for (let call = 0; call < calls; call++) {
    const placed = await carrier.placeCall();
    await untilHeard(placed, 100);
    placed.hangUp();
    await placed.settled;
    delays.push((placed.heardAtMs(0) ?? Infinity) - placed.times.mediaOpenedMs!);
  }
  return delays;
}

/** Asks question after question, and hears each answer out. */
export async function measureConversation(
  line: LibraryLine,
  voice: CallerVoice,
  turns: number,
): Promise<ConversationTimes> {
  line.librarian.isTalkative = false;
  const call = await line.carrier.placeCall();
  const asker = new Asker(call, voice);
  await call.connected;
  const { session } = line;
  await untilQuiet(call, { quietMs: QUIET_MS });
  for (let turn = 0; turn < WARM_UP_TURNS + turns; turn++) {
    await asker.ask(turn);
    if (!(await untilQuiet(call, { quietMs: QUIET_MS, giveUpMs: GIVE_UP_MS }))) {
      throw new Error(`Question ${turn} was not answered.`);
    }
  }
  call.hangUp();
  await call.settled;
  const sound = callSound(call);
  const { transcript, record } = session;
  const heard = transcript.filter(({ role }) => role === 'caller');
  return {
    understood: heard
      .slice(WARM_UP_TURNS)
      .filter(({ text }, index) => questionIn(text) === question(WARM_UP_TURNS + index)).length,
    answeredMs: asker
      .actions(sound)
      .slice(WARM_UP_TURNS)
      .map((action) => answerDelayMs(sound, action)),
    turns: record.items.filter((item) => item.type === 'turn').slice(WARM_UP_TURNS),
  };
}

/** Asks question after question, each into the answer to the one before. */
export async function measureInterruptions(
  line: LibraryLine,
  voice: CallerVoice,
  interruptions: number,
): Promise<InterruptionTimes> {
  line.librarian.isTalkative = true;
  const call = await line.carrier.placeCall();
  const asker = new Asker(call, voice);
  await call.connected;
  const acceptedAtMs: number[] = [];
  line.session.on('interruption-accepted', () => acceptedAtMs.push(systemClock.now()));
  await untilQuiet(call, { quietMs: QUIET_MS });
  for (let turn = 0; turn <= interruptions; turn++) {
    await asker.ask(turn);
    if (!(await untilHeard(call, PATIENCE_MS, GIVE_UP_MS))) {
      throw new Error(`Question ${turn} was not answered.`);
    }
  }
  call.hangUp();
  await call.settled;
  const sound = callSound(call);
  return {
    fromOnsetMs: asker
      .actions(sound)
      .slice(1)
      .map((action) => interruptionDelayMs(sound, action)),
    fromAcceptanceMs: acceptedAtMs.map((atMs) => silentAtMs(call, atMs) - atMs),
  };
}

function question(turn: number): string {
  return QUESTIONS[turn % QUESTIONS.length]!;
}

/** The caller's mouth, and when it has asked what. */
class Asker {
  readonly #call: CarrierCall;
  readonly #voice: CallerVoice;
  readonly #asked: { readonly fromMs: number; readonly durationMs: number }[] = [];
  /** On the recording's time line. */
  #nowMs = 0;

  constructor(call: CarrierCall, voice: CallerVoice) {
    this.#call = call;
    this.#voice = voice;
    call.onHeard(({ samples }) => (this.#nowMs += lengthMs(samples.length)));
  }

  async ask(turn: number): Promise<void> {
    const samples = this.#voice.get(question(turn))!;
    this.#asked.push({ fromMs: this.#nowMs, durationMs: lengthMs(samples.length) });
    await this.#call.speak(samples);
  }

  actions(sound: CallSound): CallerAction[] {
    return this.#asked.map(({ fromMs, durationMs }) => findSpeech(sound, fromMs, durationMs));
  }
}

function lengthMs(samples: number): number {
  return (samples * 1000) / PHONE_RATE;
}

/** When the last of what was at the ear at `atMs`, or came just behind it, was over, on the clock. */
function silentAtMs({ heardSpans }: CarrierCall, atMs: number): number {
  const last = heardSpans.findLast(({ heardAtMs }) => heardAtMs <= atMs + 200);
  return last ? last.heardAtMs + lengthMs(last.sampleCount) : atMs;
}
