import type { ConfigurationProblem } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import type { RespondFunction, Responder } from './responder.ts';
import { splitSentences } from './sentence-splitter.ts';
import type { SpeechToText } from './speech-to-text.ts';
import type { TextToSpeech } from './text-to-speech.ts';
import type { VoiceActivityDetector } from './voice-activity-detector.ts';

/** Sentences for when something goes wrong; rendered beforehand, so that they can always be said. */
export interface ApologyTexts {
  /** The caller's words were not recognised; default `Sorry, I did not understand you.` */
  readonly notUnderstood?: string | undefined;
  /** There is no answer, or it cannot be spoken; default `Sorry, something went wrong. Please try again.` */
  readonly failed?: string | undefined;
}

export interface VoiceAgentOptions {
  /** What the agent is to do, for responders that are models. */
  readonly instructions?: string | undefined;
  /** What the agent says first. Rendered while the phone rings, once for all calls. */
  readonly greeting?: string | undefined;
  /**
   * The agent says that it is an AI: where the greeting does not, this sentence is added to it, and
   * where the caller interrupts before hearing it, it comes before the next answer. Default true,
   * which adds `I am an AI assistant.`; a string says it in your words; false turns it off: then see
   * to it yourself where the law asks for it.
   */
  readonly aiDisclosure?: boolean | string | undefined;
  /** The greeting cannot be interrupted; what the caller says meanwhile is answered afterwards. Default false. */
  readonly protectGreeting?: boolean | undefined;
  /** Recognises the caller's words; needs `vad`. Without it the agent serves keys and texts only. */
  readonly stt?: SpeechToText | undefined;
  /** Speaks. */
  readonly tts: TextToSpeech;
  /** Tells the caller's speech from silence. Not used without `stt`. */
  readonly vad?: VoiceActivityDetector | undefined;
  /** Thinks up the answers. */
  readonly responder: Responder | RespondFunction;
  /** Silence after which the caller's turn is over, in ms; default 500. The detector's tail counts as part of it. */
  readonly endOfTurnSilenceMs?: number | undefined;
  /** Speech that it takes to interrupt the agent, in ms, as the detector sees it; default 300. */
  readonly minInterruptionMs?: number | undefined;
  /** A turn of the caller's that lasts longer is answered there, in ms; default 30,000. */
  readonly maxTurnMs?: number | undefined;
  /** Time for the recogniser behind the end of a turn, in ms; default 2,000. Then `notUnderstood` is said. */
  readonly recognitionTimeoutMs?: number | undefined;
  /** Time in which something must come of an answer while nothing is being said, in ms; default 5,000. Then `failed` is said. */
  readonly replyTimeoutMs?: number | undefined;
  readonly apology?: ApologyTexts | undefined;
  /** The agent's id in calls on the edge; default `agent`. */
  readonly userId?: string | undefined;
  /** The agent's name in calls on the edge; default `Agent`. */
  readonly name?: string | undefined;
}

/** {@link VoiceAgentOptions}, checked and complete. */
export interface VoiceAgentSettings {
  readonly instructions: string;
  /** The greeting's sentences; empty where there is nothing to say. */
  readonly greeting: readonly string[];
  /** The sentence of the greeting that says that the agent is an AI. */
  readonly disclosure: string | undefined;
  readonly protectGreeting: boolean;
  readonly hearing: { readonly stt: SpeechToText; readonly vad: VoiceActivityDetector } | undefined;
  readonly tts: TextToSpeech;
  readonly responder: Responder;
  readonly endOfTurnSilenceMs: number;
  readonly minInterruptionMs: number;
  readonly maxTurnMs: number;
  readonly recognitionTimeoutMs: number;
  readonly replyTimeoutMs: number;
  readonly apology: { readonly notUnderstood: string; readonly failed: string };
  readonly userId: string;
  readonly name: string;
}

const DISCLOSURE = 'I am an AI assistant.';
// In English, and the abbreviations of German and the Romance languages.
const SAYS_AI =
  /\bA\.?I\b|\bKI\b|\bIA\b|\bartificial (?:intelligence|assistant)\b|\b(?:chat|voice)?bot\b|\brobot\b/;

/** @throws ConfigurationError naming everything that is missing or wrong. */
export function resolveOptions(options: VoiceAgentOptions): VoiceAgentSettings {
  const problems = findProblems(options);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { stt, vad, responder } = options;
  return {
    instructions: options.instructions ?? '',
    ...resolveGreeting(options),
    protectGreeting: options.protectGreeting ?? false,
    hearing: stt && vad ? { stt, vad } : undefined,
    tts: options.tts,
    responder: typeof responder === 'function' ? { respond: responder } : responder,
    endOfTurnSilenceMs: options.endOfTurnSilenceMs ?? 500,
    minInterruptionMs: options.minInterruptionMs ?? 300,
    maxTurnMs: options.maxTurnMs ?? 30_000,
    recognitionTimeoutMs: options.recognitionTimeoutMs ?? 2_000,
    replyTimeoutMs: options.replyTimeoutMs ?? 5_000,
    apology: {
      notUnderstood: options.apology?.notUnderstood ?? 'Sorry, I did not understand you.',
      failed: options.apology?.failed ?? 'Sorry, something went wrong. Please try again.',
    },
    userId: options.userId ?? 'agent',
    name: options.name ?? 'Agent',
  };
}

function resolveGreeting(
  options: VoiceAgentOptions,
): Pick<VoiceAgentSettings, 'greeting' | 'disclosure'> {
  const greeting = splitSentences(options.greeting ?? '');
  const { aiDisclosure = true } = options;
  if (aiDisclosure === false) return { greeting, disclosure: undefined };
  const wanted = aiDisclosure === true ? DISCLOSURE : aiDisclosure.trim();
  const said = greeting.find((sentence) => SAYS_AI.test(sentence) || sentence === wanted);
  return said === undefined
    ? { greeting: [...greeting, wanted], disclosure: wanted }
    : { greeting, disclosure: said };
}

const POSITIVE = ['maxTurnMs', 'recognitionTimeoutMs', 'replyTimeoutMs'] as const;
const NOT_NEGATIVE = ['endOfTurnSilenceMs', 'minInterruptionMs'] as const;

function findProblems(options: VoiceAgentOptions): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const add = (setting: string, problem: string): void => void problems.push({ setting, problem });
  // Programs in JavaScript may leave out what TypeScript asks for.
  const { tts, responder } = options as Partial<VoiceAgentOptions>;
  if (!tts) add('tts', 'is missing; give it a TextToSpeech');
  if (typeof responder !== 'function' && typeof responder?.respond !== 'function') {
    add('responder', 'is missing; give it a function, or an object with `respond`');
  }
  if (options.stt && !options.vad) {
    add('vad', 'is missing; recognition needs a VoiceActivityDetector to find the end of a turn');
  }
  for (const name of POSITIVE) {
    const value = options[name];
    if (value !== undefined && !(value > 0)) add(name, 'must be more than 0 ms');
  }
  for (const name of NOT_NEGATIVE) {
    const value = options[name];
    if (value !== undefined && !(value >= 0)) add(name, 'must be at least 0 ms');
  }
  if (options.userId === '') add('userId', 'must not be empty');
  if (typeof options.aiDisclosure === 'string' && !options.aiDisclosure.trim()) {
    add('aiDisclosure', 'must not be empty; false turns it off');
  }
  for (const name of ['notUnderstood', 'failed'] as const) {
    if (options.apology?.[name]?.trim() === '') add(`apology.${name}`, 'must not be empty');
  }
  return problems;
}
