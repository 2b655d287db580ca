import type { ConfigurationProblem } from '@phone-agents/core';
import { ConfigurationError } from '@phone-agents/core';
import type { VoiceActivityDetector } from '../listening/voice-activity-detector.ts';
import type { RealtimeModel } from '../realtime-model.ts';
import type { TextToSpeech } from '../speaking/text-to-speech.ts';
import type { AgentInstructions, AgentTools } from '../thinking/agent-tools.ts';
import type { FillerOptions, SilenceOptions, TimeLimitOptions } from '../voice-agent-options.ts';
import { resolveGreeting } from '../voice-agent-settings.ts';
import type { WaitingSettings } from '../waiting-settings.ts';
import { checkWaiting, resolveWaiting } from '../waiting-settings.ts';

/** An agent whose model hears and speaks by itself. */
export interface RealtimeAgentOptions {
  /** Hears, thinks and speaks: `openaiRealtime()`. */
  readonly realtime: RealtimeModel;
  /** What the agent is to do, and how; a function makes them for each call, while it rings. */
  readonly instructions?: AgentInstructions | undefined;
  /** What the model is asked to say first, word for word. It is made while the phone rings. */
  readonly greeting?: string | undefined;
  /**
   * The agent says that it is an AI: where the greeting does not, this sentence is added to it, and
   * where the caller interrupts before hearing it, the next answer begins with it. Default true,
   * which adds `I am an AI assistant.`; a string says it in your words; false turns it off: then see
   * to it yourself where the law asks for it.
   */
  readonly aiDisclosure?: boolean | string | undefined;
  /** The greeting cannot be interrupted; what the caller says meanwhile is answered afterwards. Default false. */
  readonly protectGreeting?: boolean | undefined;
  /**
   * What the model can do: a tool set of the AI SDK, or a function that makes one for each call, from
   * `{ call, session, signal, say }`.
   */
  readonly tools?: AgentTools | undefined;
  /** Time for one tool call, in ms; default 10,000. Then the model is told that it failed. */
  readonly toolTimeoutMs?: number | undefined;
  /**
   * Tells speech from noise, and from the agent's own echo, while the agent speaks: what is too short
   * does not interrupt it, and behind a cough it goes on where it stopped. Without it, whatever the
   * model takes for speech interrupts the agent for good.
   */
  readonly vad?: VoiceActivityDetector | undefined;
  /** Speech that it takes to interrupt the agent, in ms, as `vad` sees it; default 300. */
  readonly minInterruptionMs?: number | undefined;
  /** Time in which something must come of an answer while nothing is being said, in ms; default 4,000. Then it is asked for again. */
  readonly replyTimeoutMs?: number | undefined;
  /**
   * Keys that follow each other within this time are one input, in ms; 0 takes each alone. Default
   * 1,000.
   */
  readonly digitPauseMs?: number | undefined;
  /** What is said, and when, while the caller waits for an answer; default after 1,500 ms. False: nothing. */
  readonly fillers?: FillerOptions | false | undefined;
  /** What the agent asks when nobody says anything; default nothing. `{}` turns it on. */
  readonly silence?: SilenceOptions | undefined;
  /** How long a call may last; default: as long as the phone's own limit. */
  readonly timeLimit?: TimeLimitOptions | undefined;
  /**
   * Renders beforehand what must be said when the model cannot: the sentences of `fillers`, the goodbye
   * of `timeLimit`. Default the model's own voice: it says them once, in conversations of their own.
   */
  readonly tts?: TextToSpeech | undefined;
  /** The agent's id in calls on the edge; default `agent`. */
  readonly userId?: string | undefined;
  /** The agent's name in calls on the edge; default `Agent`. */
  readonly name?: string | undefined;
}

/** {@link RealtimeAgentOptions}, checked and complete. */
export interface RealtimeAgentSettings extends WaitingSettings {
  readonly realtime: RealtimeModel;
  readonly instructions: AgentInstructions;
  /** The whole greeting; empty where there is nothing to say. */
  readonly greeting: string;
  /** The sentence of the greeting that says that the agent is an AI. */
  readonly disclosure: string | undefined;
  readonly protectGreeting: boolean;
  readonly tools: AgentTools;
  readonly toolTimeoutMs: number;
  readonly vad: VoiceActivityDetector | undefined;
  readonly minInterruptionMs: number;
  readonly replyTimeoutMs: number;
  readonly digitPauseMs: number;
  readonly tts: TextToSpeech | undefined;
  /** All sentences that may be needed when the model cannot say them. */
  readonly fixedSentences: readonly string[];
  readonly userId: string;
  readonly name: string;
}

/** What would make it two agents at once. */
const NOT_WITH_REALTIME = ['model', 'fallbackModel', 'responder', 'stt', 'fallbackTts'] as const;
/** What the model has settings of its own for, or does in its own way. */
const WITHOUT_EFFECT = [
  'modelOptions',
  'maxSteps',
  'modelTimeoutMs',
  'speechTimeoutMs',
  'speakable',
  'language',
  'endOfTurnSilenceMs',
  'minInterruptionWords',
  'earlyReplySilenceMs',
  'isTurnComplete',
  'incompleteTurnSilenceMs',
  'maxTurnMs',
  'recognitionTimeoutMs',
  'apology',
] as const;

/** @throws ConfigurationError naming everything that is missing or wrong. */
export function resolveRealtimeOptions(options: RealtimeAgentOptions): RealtimeAgentSettings {
  const problems = findProblems(options);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { greeting, disclosure } = resolveGreeting(options);
  const waiting = resolveWaiting(options);
  return {
    realtime: options.realtime,
    instructions: options.instructions ?? '',
    greeting: greeting.join(' '),
    disclosure,
    protectGreeting: options.protectGreeting ?? false,
    tools: options.tools ?? {},
    toolTimeoutMs: options.toolTimeoutMs ?? 10_000,
    vad: options.vad,
    minInterruptionMs: options.minInterruptionMs ?? 300,
    replyTimeoutMs: options.replyTimeoutMs ?? 4_000,
    digitPauseMs: options.digitPauseMs ?? 1_000,
    ...waiting,
    tts: options.tts,
    fixedSentences: [
      ...waiting.fillers.sentences,
      ...(waiting.timeLimit ? [waiting.timeLimit.goodbye] : []),
    ],
    userId: options.userId ?? 'agent',
    name: options.name ?? 'Agent',
  };
}

function findProblems(options: RealtimeAgentOptions): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const add = (setting: string, problem: string): void => void problems.push({ setting, problem });
  if (typeof options.realtime?.connect !== 'function') {
    add('realtime', 'is no RealtimeModel; give it openaiRealtime() or another');
  }
  const given = options as unknown as Readonly<Record<string, unknown>>;
  for (const name of NOT_WITH_REALTIME) {
    if (given[name] !== undefined)
      add(name, 'has no place beside `realtime`; leave one of them out');
  }
  for (const name of WITHOUT_EFFECT) {
    if (given[name] !== undefined) {
      add(name, 'has no effect with `realtime`; the model may have a setting of its own for it');
    }
  }
  for (const name of ['toolTimeoutMs', 'replyTimeoutMs'] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0)) add(name, 'must be more than 0 ms');
  }
  for (const name of ['minInterruptionMs', 'digitPauseMs'] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0)) add(name, 'must be at least 0 ms');
  }
  checkWaiting(options, add);
  if (options.userId === '') add('userId', 'must not be empty');
  if (typeof options.aiDisclosure === 'string' && !options.aiDisclosure.trim()) {
    add('aiDisclosure', 'must not be empty; false turns it off');
  }
  return problems;
}
