/** What a {@link SharedResource} gives out: use `value` until `release`. */
export interface Lease<T> {
  readonly value: T;
  /** Gives it back; the last one closes the resource. Repeatable. */
  release(): Promise<void>;
}

/** Something costly that several users in one process share: made for the first, closed after the last. */
export class SharedResource<T> {
  readonly #create: () => T;
  readonly #close: (value: T) => Promise<void>;
  readonly #usable: (value: T) => boolean;
  #current: { readonly value: T; users: number } | undefined;

  /** @param usable tells whether a new user may still be given this one. */
  constructor(
    create: () => T,
    close: (value: T) => Promise<void>,
    usable: (value: T) => boolean = () => true,
  ) {
    this.#create = create;
    this.#close = close;
    this.#usable = usable;
  }

  lease(): Lease<T> {
    let entry = this.#current;
    if (entry === undefined || !this.#usable(entry.value)) {
      entry = { value: this.#create(), users: 0 };
      this.#current = entry;
    }
    const shared = entry;
    shared.users += 1;
    let released: Promise<void> | undefined;
    return {
      value: shared.value,
      release: () => {
        released ??= this.#giveBack(shared);
        return released;
      },
    };
  }

  async #giveBack(entry: { readonly value: T; users: number }): Promise<void> {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (this.#current === entry) this.#current = undefined;
    await this.#close(entry.value);
  }
}
