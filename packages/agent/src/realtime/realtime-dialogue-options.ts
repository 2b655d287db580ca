import type { Clock, Emitter, Logger, PhoneCall } from '@phone-agents/core';
import type { MediaTimeline } from '../listening/media-timeline.ts';
import type { AgentSessionEvents } from '../session-events.ts';
import type { RealtimeAgentSettings } from './realtime-options.ts';
import type { RealtimeRecord } from './realtime-record.ts';
import type { RealtimeSpeaker } from './realtime-speaker.ts';
import type { RealtimeTools } from './realtime-tools.ts';

/** What a dialogue with a realtime model is made of. */
export interface RealtimeDialogueOptions {
  readonly call: PhoneCall;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: RealtimeAgentSettings;
  readonly instructions: string;
  readonly timeline: MediaTimeline;
  readonly events: Emitter<AgentSessionEvents>;
  readonly record: RealtimeRecord;
  readonly speaker: RealtimeSpeaker;
  readonly tools: RealtimeTools;
  /** The caller says something that is answered. */
  readonly onTurn: () => void;
  /** Whether a detector of our own judges what is speech. */
  readonly hasJudge: () => boolean;
  /** Media time of what was written to the model up to `inputMs`. */
  readonly toMediaMs: (inputMs: number) => number;
  /** A fixed sentence's audio, where it was rendered beforehand. */
  readonly rendered: (text: string) => Int16Array | undefined;
}
