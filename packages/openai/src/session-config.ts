import type { RealtimeSessionConfig } from '@openai/agents-realtime';
import type { RealtimeTool } from '@phone-agents/agent';
import type { OpenAIRealtimeSettings } from './openai-settings.ts';

type FunctionParameters = Extract<
  NonNullable<RealtimeSessionConfig['tools']>[number],
  { type: 'function' }
>['parameters'];

/** What a session is told of itself: OpenAI API reference, "Realtime", `session.update`. */
export function sessionConfig(
  settings: OpenAIRealtimeSettings,
  instructions: string,
  tools: readonly RealtimeTool[],
): Partial<RealtimeSessionConfig> {
  const { voice, speed, noiseReduction, transcriptionModel, transcriptionLanguage } = settings;
  const format =
    settings.format === 'pcmu'
      ? ({ type: 'audio/pcmu' } as const)
      : ({ type: 'audio/pcm', rate: 24_000 } as const);
  return {
    ...(instructions === '' ? {} : { instructions }),
    outputModalities: ['audio'],
    // Its `null` keeps calls out of OpenAI's traces.
    tracing: settings.tracing === true ? 'auto' : null,
    audio: {
      input: {
        format,
        transcription: {
          model: transcriptionModel,
          ...(transcriptionLanguage === undefined ? {} : { language: transcriptionLanguage }),
        },
        turnDetection: turnDetection(settings),
        noiseReduction: noiseReduction === undefined ? null : { type: noiseReduction },
      },
      output: { format, voice, ...(speed === undefined ? {} : { speed }) },
    },
    tools: tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      parameters: parameters as FunctionParameters,
      strict: false,
    })),
    toolChoice: 'auto',
  };
}

function turnDetection({ turnDetection: wanted, answersItself }: OpenAIRealtimeSettings) {
  const { type, ...rest } = wanted;
  const defined = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  );
  return {
    type,
    ...defined,
    createResponse: answersItself,
    // Only the agent knows what was heard, and what is an interruption.
    interruptResponse: false,
  };
}
