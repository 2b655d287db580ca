import type { ConfigurationProblem } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import type { LanguageModel } from 'ai';
import type { SpeechToText } from './listening/speech-to-text.ts';
import type { VoiceActivityDetector } from './listening/voice-activity-detector.ts';
import { splitSentences } from './speaking/sentence-splitter.ts';
import { speakableText } from './speaking/speakable-text.ts';
import type { TextToSpeech } from './speaking/text-to-speech.ts';
import type { AgentInstructions, AgentTools } from './thinking/agent-tools.ts';
import type { ModelOptions } from './thinking/model-options.ts';
import type { Responder } from './thinking/responder.ts';
import type { IsTurnComplete, VoiceAgentOptions } from './voice-agent-options.ts';
import type { WaitingSettings } from './waiting-settings.ts';
import { checkWaiting, resolveWaiting } from './waiting-settings.ts';

/** {@link VoiceAgentOptions}, checked and complete. */
export interface VoiceAgentSettings extends WaitingSettings {
  readonly instructions: AgentInstructions;
  /** The greeting's sentences; empty where there is nothing to say. */
  readonly greeting: readonly string[];
  /** The sentence of the greeting that says that the agent is an AI. */
  readonly disclosure: string | undefined;
  readonly protectGreeting: boolean;
  readonly hearing: { readonly stt: SpeechToText; readonly vad: VoiceActivityDetector } | undefined;
  readonly tts: TextToSpeech;
  readonly fallbackTts: TextToSpeech | undefined;
  readonly speechTimeoutMs: number;
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
  readonly minInterruptionWords: number;
  readonly earlyReplySilenceMs: number | undefined;
  readonly isTurnComplete: IsTurnComplete | undefined;
  readonly incompleteTurnSilenceMs: number;
  readonly digitPauseMs: number;
  /** All sentences that may be needed at any moment, rendered beforehand. */
  readonly fixedSentences: readonly string[];
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
  const greeting = resolveGreeting(options);
  const apology = {
    notUnderstood: options.apology?.notUnderstood ?? 'Sorry, I did not understand you.',
    failed: options.apology?.failed ?? 'Sorry, something went wrong. Please try again.',
  };
  const waiting = resolveWaiting(options);
  const { fillers, silence, timeLimit } = waiting;
  return {
    instructions: options.instructions ?? '',
    ...greeting,
    protectGreeting: options.protectGreeting ?? false,
    hearing: stt && vad ? { stt, vad } : undefined,
    tts: options.tts,
    fallbackTts: options.fallbackTts,
    speechTimeoutMs: options.speechTimeoutMs ?? 2_000,
    thinking: resolveThinking(options),
    speakable: resolveSpeakable(options),
    endOfTurnSilenceMs: options.endOfTurnSilenceMs ?? 500,
    minInterruptionMs: options.minInterruptionMs ?? 300,
    minInterruptionWords: options.minInterruptionWords ?? 0,
    earlyReplySilenceMs:
      options.earlyReplySilenceMs === false ? undefined : (options.earlyReplySilenceMs ?? 250),
    isTurnComplete: options.isTurnComplete,
    incompleteTurnSilenceMs: options.incompleteTurnSilenceMs ?? 2_000,
    digitPauseMs: options.digitPauseMs ?? (options.model === undefined ? 0 : 1_000),
    ...waiting,
    fixedSentences: [
      ...greeting.greeting,
      ...Object.values(apology),
      ...fillers.sentences,
      ...(silence?.prompts ?? []),
      ...(silence?.goodbye === undefined ? [] : [silence.goodbye]),
      ...(timeLimit ? [timeLimit.goodbye] : []),
    ],
    maxTurnMs: options.maxTurnMs ?? 30_000,
    recognitionTimeoutMs: options.recognitionTimeoutMs ?? 2_000,
    replyTimeoutMs: options.replyTimeoutMs ?? 5_000,
    apology,
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

/** The greeting's sentences, and which of them says that an AI is speaking; for every kind of agent. */
export function resolveGreeting(
  options: Pick<VoiceAgentOptions, 'greeting' | 'aiDisclosure'>,
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
  'speechTimeoutMs',
  'toolTimeoutMs',
] as const;
/** What only a model can make use of. */
const FOR_MODELS = ['fallbackModel', 'modelOptions', 'tools'] as const;
const NOT_NEGATIVE = [
  'endOfTurnSilenceMs',
  'minInterruptionMs',
  'minInterruptionWords',
  'incompleteTurnSilenceMs',
  'digitPauseMs',
] as const;

function findProblems(options: VoiceAgentOptions): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const add = (setting: string, problem: string): void => void problems.push({ setting, problem });
  // Programs in JavaScript may leave out what TypeScript asks for.
  const { tts, model, responder } = options as Partial<VoiceAgentOptions>;
  if (!tts) add('tts', 'is missing; give it a TextToSpeech');
  if (responder === undefined) {
    if (!model)
      add('model', 'is missing; give it a model of the AI SDK, or set `responder` or `realtime`');
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
    if (value !== undefined && !(value >= 0)) add(name, 'must be at least 0');
  }
  checkWaiting(options, add);
  if (options.userId === '') add('userId', 'must not be empty');
  if (typeof options.aiDisclosure === 'string' && !options.aiDisclosure.trim()) {
    add('aiDisclosure', 'must not be empty; false turns it off');
  }
  for (const name of ['notUnderstood', 'failed'] as const) {
    if (options.apology?.[name]?.trim() === '') add(`apology.${name}`, 'must not be empty');
  }
  return problems;
}
