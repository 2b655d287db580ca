import type { VoiceAgent } from '@phone-agents/agent';

/** Who answers the app's calls. */
export interface AppAgent {
  readonly agent: VoiceAgent;
  /** Whom it answers for. */
  readonly name: string;
  /** `on`, by whom, or `off (why)`. */
  readonly speechRecognition: string;
  /** A key that it answers, where it answers any. */
  readonly sampleKey: string | undefined;
  /** Makes the agent of a call that is placed with instructions; absent where it follows none. */
  readonly createAgent?: ((instructions: string) => VoiceAgent) | undefined;
  /** Frees what it has. */
  close(): Promise<void>;
}
