import type { AgentTools, TextToSpeech, VoiceAgent, VoiceAgentOptions } from '@phone-agents/agent';
import type { ScriptedModel, ToneSpeech } from '@phone-agents/agent/testing';
import { createToneSpeech } from '@phone-agents/agent/testing';
import type { Clock } from '@phone-agents/core';
import type { LanguageModel, ToolSet } from 'ai';
import type { RealWork } from './test-time.ts';

type AnyAgentOptions = Parameters<Parameters<VoiceAgent['with']>[0]>[0];

/** How long the stand-ins of recogniser and synthesiser take, in ms; default 100 each. */
export interface TextSpeechOptions {
  readonly recognitionDelayMs?: number | undefined;
  readonly synthesisDelayMs?: number | undefined;
}

/** The agent with words for sounds: what it hears and says is text, at the pace of speech. */
export function withTextSpeech(
  agent: VoiceAgent,
  clock: Clock,
  { recognitionDelayMs = 100, synthesisDelayMs = 100 }: TextSpeechOptions,
  model: LanguageModel | undefined,
): VoiceAgent {
  const speech = createToneSpeech({
    clock,
    recognitionDelayMs,
    synthesisDelayMs,
    interim: true,
  });
  return agent.with((options) => {
    const given = pipelineOptions(options, speech);
    return {
      ...given,
      // An agent that is a model of speech needs one of words in the same stroke.
      ...(model ? { model, responder: undefined } : {}),
      // An agent that serves keys only stays one.
      ...(given.stt ? { stt: speech.stt, vad: speech.vad } : {}),
      tts: spaced(speech.tts),
      fallbackTts: undefined,
      // Tests expect the words as they were written.
      speakable: false,
    };
  });
}

/** The options of an agent whose model hears and speaks by itself, with `speech` in place of that model. */
function pipelineOptions(options: AnyAgentOptions, speech: ToneSpeech): VoiceAgentOptions {
  if (options.realtime === undefined) return options;
  const { realtime: _, ...shared } = options;
  return { ...shared, ...speech };
}

/** A space behind each sentence, so that sentences are heard apart. */
function spaced(tts: TextToSpeech): TextToSpeech {
  return {
    sampleRate: tts.sampleRate,
    synthesize: (text, options) => tts.synthesize(`${text} `, options),
  };
}

/** The agent with another model. */
export function withModel(agent: VoiceAgent, model: LanguageModel): VoiceAgent {
  return agent.with((options) => {
    const { responder: _, ...others } = options as VoiceAgentOptions;
    return { ...others, model };
  });
}

/** A scripted model takes its delays from the test's clock. */
export function useClock(model: LanguageModel, clock: Clock): void {
  if (isScripted(model)) model.useClock(clock);
}

function isScripted(model: LanguageModel): model is ScriptedModel {
  return typeof model === 'object' && 'useClock' in model;
}

/** The agent whose tools and real models count as work, so that a virtual clock waits for them. */
export function withWorkCounted(agent: VoiceAgent, work: RealWork): VoiceAgent {
  return agent.with((options) => ({
    ...options,
    ...countedModels(options as VoiceAgentOptions, work),
    ...(options.tools ? { tools: countedTools(options.tools, work) } : {}),
  }));
}

function countedModels(
  { model, fallbackModel }: VoiceAgentOptions,
  work: RealWork,
): Pick<VoiceAgentOptions, 'model' | 'fallbackModel'> {
  return {
    ...(model ? { model: countedModel(model, work) } : {}),
    ...(fallbackModel ? { fallbackModel: countedModel(fallbackModel, work) } : {}),
  };
}

function countedModel(model: LanguageModel, work: RealWork): LanguageModel {
  // A model that is named only belongs to the SDK, which cannot be looked into.
  if (typeof model === 'string' || isScripted(model)) return model;
  return new Proxy(model, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property !== 'doStream' || typeof value !== 'function') return value;
      return async (...request: unknown[]) => {
        let end = (): void => {};
        void work.do(() => new Promise<void>((resolve) => (end = resolve)));
        try {
          const result = (await Reflect.apply(value, target, request)) as {
            readonly stream: ReadableStream<unknown>;
          };
          const stream = result.stream.pipeThrough(new TransformStream({ flush: () => end() }));
          (request[0] as { abortSignal?: AbortSignal }).abortSignal?.addEventListener('abort', () =>
            end(),
          );
          return { ...result, stream };
        } catch (error) {
          end();
          throw error;
        }
      };
    },
  });
}

/** Tools of the agent's own that wait for the phone, not for the world. */
const PHONE_TOOLS: ReadonlySet<string> = new Set([
  'hangUp',
  'transferCall',
  'sendDigits',
  'collectDigits',
]);

function countedTools(tools: AgentTools, work: RealWork): AgentTools {
  const count = (set: ToolSet): ToolSet => {
    const counted: ToolSet = {};
    for (const [name, tool] of Object.entries(set)) {
      const execute = tool.execute as ((...given: unknown[]) => unknown) | undefined;
      counted[name] =
        execute && !PHONE_TOOLS.has(name)
          ? Object.assign({}, tool, {
              execute: (...given: unknown[]) => work.do(() => execute.apply(tool, given)),
            })
          : tool;
    }
    return counted;
  };
  return typeof tools === 'function'
    ? async (context) => count(await tools(context))
    : count(tools);
}
