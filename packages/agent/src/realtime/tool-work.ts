/** The tool calls of each answer that work now, or have worked. */
export class ToolWork {
  readonly #ofAnswer = new Map<string, Promise<void>[]>();
  #working = 0;

  /** Whether any tool works. */
  get isWorking(): boolean {
    return this.#working > 0;
  }

  add(responseId: string, work: Promise<void>): void {
    this.#working++;
    const counted = work.finally(() => this.#working--);
    const others = this.#ofAnswer.get(responseId) ?? [];
    this.#ofAnswer.set(responseId, [...others, counted]);
  }

  /** Resolves when all tools of an answer have worked; undefined where it has called none. */
  take(responseId: string): Promise<unknown> | undefined {
    const work = this.#ofAnswer.get(responseId);
    this.#ofAnswer.delete(responseId);
    return work && Promise.all(work);
  }

  /** Nobody waits for them any more; they go on working. */
  forget(): void {
    this.#ofAnswer.clear();
  }
}
