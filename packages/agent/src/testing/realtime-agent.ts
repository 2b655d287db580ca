import type { RealtimeAgentOptions } from '../realtime/realtime-options.ts';
import type { VoiceAgent } from '../voice-agent.ts';
import { createVoiceAgent } from '../voice-agent.ts';
import { createEnergyDetector } from './energy-detector.ts';
import type { ToneRealtimeModel, ToneRealtimeOptions } from './tone-realtime.ts';
import { createToneRealtimeModel } from './tone-realtime.ts';

/** What a model says that has much to say. */
export const TALE = 'One tale of old. It goes on and on. And it has no end at all.';

/** An agent with a tone model, and the model. */
export function makeRealtimeAgent(
  options: Partial<RealtimeAgentOptions> = {},
  modelOptions: ToneRealtimeOptions = {},
): { readonly agent: VoiceAgent; readonly model: ToneRealtimeModel } {
  const model = createToneRealtimeModel(modelOptions);
  const agent = createVoiceAgent({
    realtime: model,
    vad: createEnergyDetector(),
    instructions: 'Be brief.',
    greeting: 'AI here.',
    ...options,
  });
  return { agent, model };
}
