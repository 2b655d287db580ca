/** Tells those who wait that something happened: a join, a track, a packet, a request. */
export class Changes {
  #waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];

  /** Asks every waiting condition anew. */
  announce(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) {
      if (entry.holds()) entry.resolve();
      else this.#waiting.push(entry);
    }
  }

  /** Resolves when `holds` is true; it is asked at once and after each change. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ holds, resolve }));
  }
}
