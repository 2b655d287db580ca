import type { ConversationMessage } from './responder.ts';
import type { CallerInput, TranscriptEntry } from './session-events.ts';
import type { Utterance } from './utterance.ts';

/** What was said in one call, and whether the caller knows by now that an AI is speaking. */
export class Conversation {
  readonly #disclosure: string | undefined;
  readonly #onAdded: (entry: TranscriptEntry) => void;
  readonly #entries: TranscriptEntry[] = [];
  #isDisclosed: boolean;

  constructor(disclosure: string | undefined, onAdded: (entry: TranscriptEntry) => void) {
    this.#disclosure = disclosure;
    this.#onAdded = onAdded;
    this.#isDisclosed = disclosure === undefined;
  }

  get entries(): readonly TranscriptEntry[] {
    return this.#entries;
  }

  /** The sentence that the agent owes the caller, who has not heard it yet. */
  get owedDisclosure(): string | undefined {
    return this.#isDisclosed ? undefined : this.#disclosure;
  }

  /** The caller said something. */
  addCaller(input: CallerInput, text: string, startMs: number, endMs: number): TranscriptEntry {
    const entry = { role: 'caller', input, text, heardText: text, startMs, endMs } as const;
    return this.#add({ ...entry, interrupted: false });
  }

  /** The agent has said something; nothing is noted of what never became a sound. */
  addAgent({ outcome, startedAtMs }: Utterance, endMs: number): void {
    if (!outcome || startedAtMs === undefined) return;
    const { text, heardText, interrupted } = outcome;
    this.#add({ role: 'agent', text, heardText, startMs: startedAtMs, endMs, interrupted });
    if (this.#disclosure !== undefined && heardText.includes(this.#disclosure)) {
      this.#isDisclosed = true;
    }
  }

  /** What was heard on either side, without `except`. */
  history(except: readonly TranscriptEntry[]): ConversationMessage[] {
    return this.#entries
      .filter((entry) => !except.includes(entry) && entry.heardText !== '')
      .map(({ role, heardText }) => ({ role, text: heardText }));
  }

  #add(entry: TranscriptEntry): TranscriptEntry {
    this.#entries.push(entry);
    this.#onAdded(entry);
    return entry;
  }
}
