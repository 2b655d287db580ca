import type { Clock } from '@phone-agents/core';
import type { MediaTimeline } from './listening/media-timeline.ts';
import { MediaTimer } from './listening/media-timer.ts';
import type { AgentSpeech } from './speaking/utterance.ts';
import type { VoiceAgentSettings } from './voice-agent-settings.ts';

export interface SilenceWatchOptions {
  readonly silence: VoiceAgentSettings['silence'];
  readonly clock: Clock;
  readonly timeline: MediaTimeline;
  readonly say: (text: string) => AgentSpeech;
  readonly hangUp: () => void;
}

/** Asks a silent caller whether somebody is there, and in the end says goodbye. Counts media time. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #timer: MediaTimer;
  #promptsSaid = 0;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#timer = new MediaTimer(options.clock, options.timeline);
  }

  /** Whether nobody speaks and nobody thinks, now. */
  set isQuiet(isQuiet: boolean) {
    const { silence, timeline } = this.#options;
    if (!silence || !isQuiet) this.#timer.cancel();
    else if (!this.#timer.isSet) {
      this.#timer.set(timeline.now() + silence.afterMs, () => this.#prompt());
    }
  }

  /** The caller has said something: the questions begin anew. */
  callerWasHeard(): void {
    this.#promptsSaid = 0;
  }

  close(): void {
    this.#timer.cancel();
  }

  #prompt(): void {
    const { silence, say, hangUp } = this.#options;
    const prompt = silence?.prompts[this.#promptsSaid];
    if (prompt !== undefined) {
      this.#promptsSaid++;
      say(prompt);
    } else if (silence?.goodbye !== undefined) {
      void say(silence.goodbye).finished.then(({ interrupted }) => {
        if (!interrupted) hangUp();
      });
    }
  }
}
