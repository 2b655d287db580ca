/** Items on their way from who makes them to the one who takes them. Whatever is pushed waits until it is taken. */
export class PushQueue<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;
  #fault: { readonly error: unknown } | undefined;

  push(item: T): void {
    if (this.#isOver) return;
    this.#waiting.push(item);
    this.#wake?.();
  }

  /** Nothing more comes; with an error, that is thrown once all before it has been taken. */
  end(fault?: { readonly error: unknown }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#fault = fault;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const item = this.#waiting.shift();
      if (item !== undefined) return { done: false, value: item };
      if (this.#fault) throw this.#fault.error;
      if (this.#isOver) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
