import type { CallerInput, TranscriptEntry } from './session-events.ts';
import type { ConversationMessage } from './thinking/responder.ts';
import type { ToolCallRecord } from './thinking/tool-call-record.ts';
import type { Utterance } from './speaking/utterance.ts';

/** A tool call, and how many sentences of the answer came before it. */
export interface PlacedToolCall {
  readonly record: ToolCallRecord;
  readonly sentencesBefore: number;
}

/** One thing that was said or done, in the form in which it is answered. */
export interface ConversationTurn {
  readonly role: 'caller' | 'agent';
  readonly input?: CallerInput | undefined;
  /** What was heard of it, sentence by sentence; empty where only tools were called. */
  readonly heard: readonly string[];
  readonly toolCalls: readonly PlacedToolCall[];
}

/** What was said in one call, and whether the caller knows by now that an AI is speaking. */
export class Conversation {
  readonly #disclosure: string | undefined;
  readonly #onAdded: (entry: TranscriptEntry) => void;
  readonly #entries: TranscriptEntry[] = [];
  readonly #turns: ConversationTurn[] = [];
  readonly #turnOf = new Map<TranscriptEntry, ConversationTurn>();
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

  /** The caller has heard it in other words. */
  disclosed(): void {
    this.#isDisclosed = true;
  }

  /** The caller said something. */
  addCaller(input: CallerInput, text: string, startMs: number, endMs: number): TranscriptEntry {
    const entry: TranscriptEntry = {
      role: 'caller',
      input,
      text,
      heardText: text,
      startMs,
      endMs,
      interrupted: false,
    };
    const turn: ConversationTurn = { role: 'caller', input, heard: [text], toolCalls: [] };
    this.#turns.push(turn);
    this.#turnOf.set(entry, turn);
    return this.#add(entry);
  }

  /** The agent has said or done something; nothing is noted of what never became a sound or a deed. */
  addAgent({ outcome, startedAtMs, job, heardSentences }: Utterance, endMs: number): void {
    if (!outcome) return;
    const toolCalls = job.toolCalls ?? [];
    if (toolCalls.length > 0 || heardSentences.length > 0) {
      this.#turns.push({ role: 'agent', heard: heardSentences, toolCalls });
    }
    if (startedAtMs === undefined) return;
    const { text, heardText, heardMs } = outcome;
    // Where all was heard that there was, nothing was taken from it.
    const interrupted = outcome.interrupted && heardText !== text;
    const startMs = startedAtMs;
    const { sources = [] } = job;
    this.#add({
      role: 'agent',
      text,
      heardText,
      heardMs,
      startMs,
      endMs,
      interrupted,
      ...(sources.length > 0 && { sources: [...sources] }),
    });
    if (this.#disclosure !== undefined && heardText.includes(this.#disclosure)) {
      this.#isDisclosed = true;
    }
  }

  /** What was heard on either side. */
  get history(): ConversationMessage[] {
    return this.#entries
      .filter(({ heardText }) => heardText !== '')
      .map(({ role, heardText }) => ({ role, text: heardText }));
  }

  /** What was heard and done on either side, without `except`. */
  turns(except: readonly TranscriptEntry[]): ConversationTurn[] {
    const omitted = new Set(except.map((entry) => this.#turnOf.get(entry)));
    return this.#turns.filter((turn) => !omitted.has(turn));
  }

  #add(entry: TranscriptEntry): TranscriptEntry {
    this.#entries.push(entry);
    this.#onAdded(entry);
    return entry;
  }
}
