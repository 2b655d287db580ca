import type { EngineContext } from '../agent-engine.ts';
import type { Conversation } from '../conversation.ts';
import type { Speaker } from '../speaking/speaker.ts';
import type { PreparedSentence } from '../speaking/utterance.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import type { RealtimeTools } from './realtime-tools.ts';

/** What a dialogue with a realtime model is made of. */
export interface RealtimeDialogueOptions extends Omit<EngineContext, 'session' | 'signal'> {
  readonly settings: RealtimeAgentSettings;
  readonly instructions: string;
  readonly conversation: Conversation;
  readonly speaker: Speaker;
  readonly tools: RealtimeTools;
  /** Whether a detector of our own judges what is speech. */
  readonly hasJudge: () => boolean;
  /** Media time of what was written to the model up to `inputMs`. */
  readonly toMediaMs: (inputMs: number) => number;
  /** A sentence with its audio, where that was rendered beforehand. */
  readonly fixedSentence: (text: string) => PreparedSentence;
}
