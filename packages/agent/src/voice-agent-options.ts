import type { PhoneCall } from '@phone-agents/core';
import type { LanguageModel } from 'ai';
import type { ConversationMessage, RespondFunction, Responder } from './thinking/responder.ts';
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

/** A turn of the caller's whose words are known, and what was said before. */
export interface TurnToJudge {
  readonly text: string;
  /** What was heard before on either side, oldest first. */
  readonly history: readonly ConversationMessage[];
  readonly call: PhoneCall;
}

/** Whether the caller has finished. */
export type IsTurnComplete = (turn: TurnToJudge) => boolean | Promise<boolean>;

/** Sentences that bridge the time until an answer comes; rendered beforehand. */
export interface FillerOptions {
  /** Silence after the caller's last word, or the agent's, in ms; default 1,500. */
  readonly afterMs?: number | undefined;
  /** One after the other, then the last again; default `One moment, please.`, `I am still on it.` */
  readonly sentences?: readonly string[] | undefined;
}

/** What the agent does while nobody speaks. */
export interface SilenceOptions {
  /** Silence until the first question, and between them, in ms; default 10,000. */
  readonly afterMs?: number | undefined;
  /** One after the other; default `Are you still there?` */
  readonly prompts?: readonly string[] | undefined;
  /** Said after the last of them and another silence; then the agent hangs up. False: it goes on waiting. */
  readonly goodbye?: string | false | undefined;
}

/** A limit that the caller is told of, unlike the phone's own. */
export interface TimeLimitOptions {
  /** From the moment at which the agent can be heard, in ms. */
  readonly afterMs: number;
  /** Said before the agent hangs up; default `I am sorry, our time is up. Goodbye.` */
  readonly goodbye?: string | undefined;
}

/** What an agent is made of: how it hears, thinks and speaks. */
export interface VoiceAgentOptions {
  /** A model that hears and speaks by itself takes the place of these options: `RealtimeAgentOptions`. */
  readonly realtime?: undefined;
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
  /** Speaks where `tts` fails, or gives nothing in time, before a sentence has begun. */
  readonly fallbackTts?: TextToSpeech | undefined;
  /** Time for the first samples of a sentence, and between samples, in ms; default 2,000. */
  readonly speechTimeoutMs?: number | undefined;
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
  /**
   * Words that it takes to interrupt the agent, besides `minInterruptionMs`; for recognisers that give
   * interim results. Default 0: the agent stops at once, and goes on where it stopped when the
   * sound turns out to hold no words.
   */
  readonly minInterruptionWords?: number | undefined;
  /**
   * Silence after which the answer is prepared already, from interim results; it is dropped when the
   * caller goes on. In ms, less than `endOfTurnSilenceMs`; default 250; false waits for the end.
   */
  readonly earlyReplySilenceMs?: number | false | undefined;
  /**
   * Judges, by what was said, whether the caller has finished: where it gives false, the agent waits
   * for `incompleteTurnSilenceMs` before it answers all the same.
   */
  readonly isTurnComplete?: IsTurnComplete | undefined;
  /** Silence after which a turn is answered that did not seem complete, in ms; default 2,000. */
  readonly incompleteTurnSilenceMs?: number | undefined;
  /**
   * Keys that follow each other within this time are one input, in ms; default 1,000 with a `model`, 0
   * (each key alone) with a `responder`.
   */
  readonly digitPauseMs?: number | undefined;
  /** What is said, and when, while the caller waits for an answer; default after 1,500 ms. False: nothing. */
  readonly fillers?: FillerOptions | false | undefined;
  /** What the agent asks when nobody says anything; default nothing. `{}` turns it on. */
  readonly silence?: SilenceOptions | undefined;
  /** How long a call may last; default: as long as the phone's own limit. */
  readonly timeLimit?: TimeLimitOptions | undefined;
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
