/** Those who wait for something to happen. */
export class Waiters {
  #waiting: (() => void)[] = [];

  /** Resolves when it happens next. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** It has happened. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
