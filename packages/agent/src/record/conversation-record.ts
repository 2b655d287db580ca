import type { Emitter, PhoneCall } from '@phone-agents/core';
import type {
  AgentSessionEvents,
  InterruptionAccepted,
  SpeechResumed,
  ToolCallEnded,
  TranscriptEntry,
  TurnMeasurement,
} from '../session-events.ts';
import { Waiters } from '../waiters.ts';

/** One thing that happened in a conversation. All times in it are media time in ms, unless they are durations. */
export type ConversationItem =
  | ({ readonly type: 'speech' } & TranscriptEntry)
  | ({ readonly type: 'tool-call' } & ToolCallEnded)
  | ({ readonly type: 'interruption' } & InterruptionAccepted)
  | ({ readonly type: 'resumption' } & SpeechResumed)
  | ({ readonly type: 'turn' } & TurnMeasurement);

/** A conversation as JSON. It holds what was said, so keep it as you keep the call's recording; it holds no numbers. */
export interface ConversationJson {
  readonly version: 1;
  readonly callId: string;
  readonly provider: string;
  readonly direction: 'inbound' | 'outbound';
  /** ISO 8601, when we learnt of the call. */
  readonly createdAt: string;
  /** From answer to end, in ms; absent while the call lasts. */
  readonly durationMs?: number | undefined;
  /** Why the call ended; absent while it lasts. */
  readonly endReason?: string | undefined;
  readonly items: readonly ConversationItem[];
}

const ITEM_TYPES = {
  'transcript-added': 'speech',
  'tool-call-ended': 'tool-call',
  'interruption-accepted': 'interruption',
  'speech-resumed': 'resumption',
  'turn-measured': 'turn',
} as const;

/**
 * What happened in one conversation: who said what and what of it was heard, tool calls, interruptions,
 * and how long each answer took. Iterating gives all of it so far, then what comes, until the
 * conversation is over; `JSON.stringify` gives a {@link ConversationJson}.
 */
export class ConversationRecord implements AsyncIterable<ConversationItem> {
  readonly #call: PhoneCall;
  readonly #items: ConversationItem[] = [];
  readonly #waiters = new Waiters();
  #isOver = false;

  /** For the session. */
  constructor(call: PhoneCall, events: Emitter<AgentSessionEvents>) {
    this.#call = call;
    for (const name of Object.keys(ITEM_TYPES) as (keyof typeof ITEM_TYPES)[]) {
      events.on(name, (event) =>
        this.#add({ type: ITEM_TYPES[name], ...event } as ConversationItem),
      );
    }
  }

  /** What has happened so far, in the order in which it was over. */
  get items(): readonly ConversationItem[] {
    return this.#items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ConversationItem, void, undefined> {
    for (let index = 0; ;) {
      const item = this.#items[index];
      if (item) {
        index++;
        yield item;
      } else if (this.#isOver) return;
      else await this.#waiters.wait();
    }
  }

  toJSON(): ConversationJson {
    const { id, provider, direction, createdAtMs, endInfo } = this.#call;
    return {
      version: 1,
      callId: id,
      provider,
      direction,
      createdAt: new Date(createdAtMs).toISOString(),
      durationMs: endInfo?.durationMs,
      endReason: endInfo?.reason,
      items: this.#items,
    };
  }

  /** For the session: nothing more will happen. */
  end(): void {
    this.#isOver = true;
    this.#waiters.wake();
  }

  #add(item: ConversationItem): void {
    this.#items.push(item);
    this.#waiters.wake();
  }
}
