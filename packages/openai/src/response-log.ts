/** How much audio of one item came. */
interface ItemAudio {
  receivedMs: number;
  isDone: boolean;
}

/** So many items are remembered; an interruption is about the last. */
const MAX_ITEMS = 16;

/** What came of the answers of one session, and which of them nobody wants any more. */
export class ResponseLog {
  readonly #items = new Map<string, ItemAudio>();
  readonly #cutItems = new Set<string>();
  readonly #dropped = new Set<string>();
  /** Responses that were asked for and have not begun. */
  #asked = 0;
  /** Of those, the first so many are dropped as soon as they begin. */
  #unwanted = 0;
  #current: string | undefined;

  /** The response that is being made. */
  get current(): string | undefined {
    return this.#current;
  }

  ask(): void {
    this.#asked++;
  }

  /** A request was refused. */
  refuse(): void {
    this.#asked = Math.max(0, this.#asked - 1);
    this.#unwanted = Math.min(this.#unwanted, this.#asked);
  }

  /** A response has begun; false where nobody wants it. */
  begin(responseId: string): boolean {
    this.#current = responseId;
    this.#asked = Math.max(0, this.#asked - 1);
    if (this.#unwanted === 0) return true;
    this.#unwanted--;
    this.#drop(responseId);
    return false;
  }

  /** A response is over; false where it was dropped and nobody is to know. */
  end(responseId: string): boolean {
    if (this.#current === responseId) this.#current = undefined;
    return !this.#dropped.has(responseId);
  }

  /** Nothing more is wanted of what is being made or was asked for. */
  dropAll(): void {
    if (this.#current !== undefined) this.#drop(this.#current);
    this.#unwanted = this.#asked;
  }

  isWanted(responseId: string, itemId: string): boolean {
    return !this.#dropped.has(responseId) && !this.#cutItems.has(itemId);
  }

  addAudio(itemId: string, durationMs: number): void {
    const item = this.#items.get(itemId);
    if (item) item.receivedMs += durationMs;
    else this.#items.set(itemId, { receivedMs: durationMs, isDone: false });
    if (this.#items.size > MAX_ITEMS) this.#items.delete(firstOf(this.#items.keys()));
  }

  audioDone(itemId: string): void {
    const item = this.#items.get(itemId);
    if (item) item.isDone = true;
  }

  /**
   * Cuts an item to what was heard of it.
   *
   * @returns where to truncate it, in whole ms; undefined where nothing is to be cut.
   */
  cut(itemId: string, heardMs: number): number | undefined {
    const item = this.#items.get(itemId);
    remember(this.#cutItems, itemId);
    if (!item) return undefined;
    // OpenAI refuses to truncate behind the end, and truncating forgets the words.
    if (item.isDone && heardMs >= item.receivedMs) return undefined;
    return Math.max(0, Math.floor(Math.min(heardMs, item.receivedMs)));
  }

  #drop(responseId: string): void {
    remember(this.#dropped, responseId);
  }
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  if (ids.size > MAX_ITEMS) ids.delete(firstOf(ids));
}

function firstOf(ids: Iterable<string>): string {
  for (const id of ids) return id;
  return '';
}
