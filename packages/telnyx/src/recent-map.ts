/** For how long a provider's webhooks may come late or twice, as core remembers calls that have ended. */
const MAX_AGE_MS = 600_000;
const MAX_ENTRIES = 10_000;

/** What is remembered for a while: bounded in number and age, with no timer for any entry. */
export class RecentMap<Value> {
  /** Oldest first. */
  readonly #entries = new Map<string, { readonly value: Value; readonly atMs: number }>();

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Remembers `value`, as the newest, and forgets what is too old or too much. */
  set(key: string, value: Value, nowMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, atMs: nowMs });
    for (const [oldest, { atMs }] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && nowMs - atMs < MAX_AGE_MS) return;
      this.#entries.delete(oldest);
    }
  }

  /** Forgets a key, and gives what was remembered. */
  take(key: string): Value | undefined {
    const value = this.get(key);
    this.#entries.delete(key);
    return value;
  }
}
