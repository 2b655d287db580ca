import type { CallerInput, TranscriptEntry } from '../session-events.ts';
import type { ConversationMessage } from '../thinking/responder.ts';
import type { RealtimeSpeech } from './realtime-speech.ts';

/** What was said in one call, and whether the caller knows by now that an AI is speaking. */
export class RealtimeRecord {
  readonly entries: TranscriptEntry[] = [];
  readonly #onAdded: (entry: TranscriptEntry) => void;
  #owedDisclosure: string | undefined;

  constructor(disclosure: string | undefined, onAdded: (entry: TranscriptEntry) => void) {
    this.#owedDisclosure = disclosure;
    this.#onAdded = onAdded;
  }

  /** The sentence that the agent owes the caller; given once, for it then belongs to an answer. */
  takeOwedDisclosure(): string | undefined {
    const owed = this.#owedDisclosure;
    this.#owedDisclosure = undefined;
    return owed;
  }

  /** The caller said something; it may come to be known when the answer has begun already. */
  addCaller(input: CallerInput, text: string, startMs: number, endMs: number): void {
    this.#add({
      role: 'caller',
      input,
      text,
      heardText: text,
      startMs,
      endMs,
      interrupted: false,
    });
  }

  /** The agent has said something; nothing is noted of what never became a sound. */
  addAgent({ outcome, startedAtMs, options }: RealtimeSpeech, endMs: number): void {
    if (!outcome || startedAtMs === undefined) return;
    const { text, heardText, interrupted } = outcome;
    // The model may have put the greeting into words of its own.
    const isGreeted = options.kind === 'greeting' && !interrupted;
    if (isGreeted || heardText.includes(this.#owedDisclosure ?? '')) {
      this.#owedDisclosure = undefined;
    }
    this.#add({ role: 'agent', text, heardText, startMs: startedAtMs, endMs, interrupted });
  }

  /** What was heard on either side, for a model that has to be told; `current` is being said. */
  history(current: RealtimeSpeech | undefined): ConversationMessage[] {
    const messages = this.entries
      .filter(({ heardText }) => heardText !== '')
      .toSorted((one, other) => one.startMs - other.startMs)
      .map(({ role, heardText }): ConversationMessage => ({ role, text: heardText }));
    const saying = current?.text ?? '';
    return saying === '' ? messages : [...messages, { role: 'agent', text: saying }];
  }

  #add(entry: TranscriptEntry): void {
    this.entries.push(entry);
    this.#onAdded(entry);
  }
}
