import type { SimulatedCallEnd } from '@phone-agents/core/testing';
import type { CarrierCallProgress } from '../carrier-call.ts';

/** What the CLI needs to know of a call when it is over. */
export interface CallOutcome {
  readonly connected: boolean;
  readonly end: SimulatedCallEnd['by'] | undefined;
}

/** Tells a call's story in plain lines, and remembers how it came out. */
export class CallReport {
  readonly #print: (line: string) => void;
  #startMs: number | undefined;
  #connected = false;
  #end: CallOutcome['end'];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  get outcome(): CallOutcome {
    return { connected: this.#connected, end: this.#end };
  }

  tell(progress: CarrierCallProgress): void {
    this.#startMs ??= progress.atMs;
    const seconds = ((progress.atMs - this.#startMs) / 1000).toFixed(2).padStart(7);
    this.#print(`${seconds} s  ${this.#sentence(progress)}`);
  }

  #sentence(progress: CarrierCallProgress): string {
    switch (progress.event) {
      case 'ringing':
        return 'ringing';
      case 'answered':
        return 'answered';
      case 'media-opened':
        this.#connected = true;
        return 'connected: audio flows both ways';
      case 'media-closed':
        return `audio ended: ${progress.detail}`;
      case 'announced':
        return `announcement: ${progress.text}`;
      case 'forwarding':
        return `forwarded to ${progress.to}`;
      case 'warned':
        return `warning ${progress.warning.code}: ${progress.warning.message}`;
      case 'ended': {
        const { by, detail } = progress.end;
        this.#end = by;
        return `${ENDINGS[by]}${detail === undefined ? '' : ` (${detail})`}`;
      }
    }
  }
}

const ENDINGS = {
  caller: 'ended: the caller hung up',
  server: 'ended: the server hung up',
  rejected: 'ended: rejected',
  forwarded: 'ended: forwarded',
  unanswered: 'ended: nobody answered',
  failed: 'ended: the call failed',
} as const;
