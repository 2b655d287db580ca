import type { ConfigurationProblem } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import type { LanguageModel } from 'ai';
import type { RespondFunction, Responder } from './thinking/responder.ts';
import { splitSentences } from './speaking/sentence-splitter.ts';
import { speakableText } from './speaking/speakable-text.ts';
import type { SpeechToText } from './listening/speech-to-text.ts';
import type { TextToSpeech } from './speaking/text-to-speech.ts';
import type { AgentInstructions, AgentTools } from './thinking/agent-tools.ts';
import type { ModelOptions } from './thinking/model-options.ts';
import type { VoiceActivityDetector } from './listening/voice-activity-detector.ts';

/** Sentences for when something goes wrong; rendered beforehand, so that they can always be said. */
export interface ApologyTexts {
  /** The caller's words were not recognised; default `Sorry, I did not understand you.` */
  readonly notUnderstood?: string | undefined;
  /** There is no answer, or it cannot be spoken; default `Sorry, something went wrong. Please try again.` */
  readonly failed?: string | undefined;
}

export interface VoiceAgentOptions {
  /** What the agent is to do, and how; a function makes them for each call, while it rings. */
  readonly instructions?: AgentInstructions | undefined;
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
  /**
   * Thinks up the answers: any language model of the AI SDK, `openai('gpt-5-mini')`. Needed, unless
   * there is a `responder`.
   */
  readonly model?: LanguageModel | undefined;
  /** Answers where `model` fails, or gives nothing in time, before it has said anything. */
  readonly fallbackModel?: LanguageModel | undefined;
  /** Temperature, reasoning and the like, for both models. */
  readonly modelOptions?: ModelOptions | undefined;
  /**
   * What the model can do: a tool set of the AI SDK, or a function that makes one for each call, from
   * `{ call, session, signal, say }`.
   */
  readonly tools?: AgentTools | undefined;
  /** How often the model is asked for one answer, tool calls between; the last time without tools. Default 5. */
  readonly maxSteps?: number | undefined;
  /** Time in which something must come from the model, in ms; default 3,000. Then `fallbackModel` is asked. */
  readonly modelTimeoutMs?: number | undefined;
  /** Time for one tool call, in ms; default 10,000. Then the model is told that it failed. */
  readonly toolTimeoutMs?: number | undefined;
  /**
   * How sentences are written for the synthesiser: default, numbers, links and the like become words
   * as `language` has them; a function does it your way; false leaves them as they are. Transcripts
   * keep the original. Markdown is taken off in any case.
   */
  readonly speakable?: false | ((text: string) => string) | undefined;
  /** Language of what the agent says, as a BCP 47 tag; default `en`. */
  readonly language?: string | undefined;
  /** Thinks up the answers without a model: your own code, a list of phrases. */
  readonly responder?: Responder | RespondFunction | undefined;
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
  readonly instructions: AgentInstructions;
  /** The greeting's sentences; empty where there is nothing to say. */
  readonly greeting: readonly string[];
  /** The sentence of the greeting that says that the agent is an AI. */
  readonly disclosure: string | undefined;
  readonly protectGreeting: boolean;
  readonly hearing: { readonly stt: SpeechToText; readonly vad: VoiceActivityDetector } | undefined;
  readonly tts: TextToSpeech;
  readonly thinking:
    | { readonly kind: 'responder'; readonly responder: Responder }
    | {
        readonly kind: 'model';
        readonly model: LanguageModel;
        readonly fallbackModel: LanguageModel | undefined;
        readonly modelOptions: ModelOptions;
        readonly tools: AgentTools;
        readonly maxSteps: number;
        readonly modelTimeoutMs: number;
        readonly toolTimeoutMs: number;
      };
  readonly speakable: (text: string) => string;
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
  const { stt, vad } = options;
  return {
    instructions: options.instructions ?? '',
    ...resolveGreeting(options),
    protectGreeting: options.protectGreeting ?? false,
    hearing: stt && vad ? { stt, vad } : undefined,
    tts: options.tts,
    thinking: resolveThinking(options),
    speakable: resolveSpeakable(options),
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

/** Sentences that callers are likely to say, for recognisers that can be tuned. */
export function likelyPhrases({ thinking }: VoiceAgentSettings): readonly string[] {
  return thinking.kind === 'responder' ? (thinking.responder.phrases?.() ?? []) : [];
}

function resolveThinking(options: VoiceAgentOptions): VoiceAgentSettings['thinking'] {
  const { model, responder } = options;
  if (model !== undefined) {
    return {
      kind: 'model',
      model,
      fallbackModel: options.fallbackModel,
      modelOptions: options.modelOptions ?? {},
      tools: options.tools ?? {},
      maxSteps: options.maxSteps ?? 5,
      modelTimeoutMs: options.modelTimeoutMs ?? 3_000,
      toolTimeoutMs: options.toolTimeoutMs ?? 10_000,
    };
  }
  // Checked before: without a model there is a responder.
  const respond = responder!;
  return {
    kind: 'responder',
    responder: typeof respond === 'function' ? { respond } : respond,
  };
}

function resolveSpeakable({
  speakable,
  language = 'en',
}: VoiceAgentOptions): (text: string) => string {
  if (typeof speakable === 'function') return speakable;
  return speakable === false ? (text) => text : (text) => speakableText(text, language);
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

const POSITIVE = [
  'maxTurnMs',
  'recognitionTimeoutMs',
  'replyTimeoutMs',
  'modelTimeoutMs',
  'toolTimeoutMs',
] as const;
/** What only a model can make use of. */
const FOR_MODELS = ['fallbackModel', 'modelOptions', 'tools'] as const;
const NOT_NEGATIVE = ['endOfTurnSilenceMs', 'minInterruptionMs'] as const;

function findProblems(options: VoiceAgentOptions): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const add = (setting: string, problem: string): void => void problems.push({ setting, problem });
  // Programs in JavaScript may leave out what TypeScript asks for.
  const { tts, model, responder } = options as Partial<VoiceAgentOptions>;
  if (!tts) add('tts', 'is missing; give it a TextToSpeech');
  if (responder === undefined) {
    if (!model) add('model', 'is missing; give it a model of the AI SDK, or set `responder`');
  } else if (model !== undefined) {
    add('responder', 'cannot be there together with `model`; leave one of them out');
  } else if (typeof responder !== 'function' && typeof responder.respond !== 'function') {
    add('responder', 'must be a function, or an object with `respond`');
  }
  for (const name of FOR_MODELS) {
    if (options[name] !== undefined && !model) add(name, 'needs `model`');
  }
  const { maxSteps } = options;
  if (maxSteps !== undefined && !(Number.isInteger(maxSteps) && maxSteps > 0)) {
    add('maxSteps', 'must be a whole number of at least 1');
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
