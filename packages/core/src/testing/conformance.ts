import assert from 'node:assert/strict';

/**
 * One thing that every implementation of a contract must do. Give each to your test runner:
 *
 * ```ts
 * for (const { name, run } of edgeConformanceCases(createSubject)) test(name, run);
 * ```
 */
export interface ConformanceCase {
  /** A sentence about behaviour. */
  readonly name: string;
  /** Rejects, with an `AssertionError`, where the subject does otherwise. */
  run(): Promise<void>;
}

/**
 * Lets time pass for a subject: with a clock that is moved by hand, advance it by `durationMs`;
 * default: real time.
 */
export type PassTime = (durationMs: number) => Promise<void>;

const STEP_MS = 20;

/** Waiting for a subject, by real time or by its clock. */
export class SubjectTime {
  readonly #passTime: PassTime;

  constructor(passTime: PassTime | undefined) {
    this.#passTime =
      passTime ?? ((durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)));
  }

  /** Lets `durationMs` pass in steps of 20 ms. */
  async pass(durationMs: number): Promise<void> {
    for (let left = durationMs; left > 0; left -= STEP_MS) {
      await this.#passTime(Math.min(left, STEP_MS));
    }
  }

  /**
   * Lets time pass until `condition` holds.
   *
   * @param what What is waited for, in words, for the message when it does not come.
   * @param options.onStep Called every 20 ms meanwhile.
   */
  async until(
    condition: () => boolean,
    what: string,
    options: { readonly timeoutMs?: number; readonly onStep?: () => void } = {},
  ): Promise<void> {
    const timeoutMs = options.timeoutMs ?? 10_000;
    for (let passed = 0; !condition(); passed += STEP_MS) {
      assert.ok(passed < timeoutMs, `Within ${timeoutMs} ms this did not happen: ${what}.`);
      options.onStep?.();
      await this.#passTime(STEP_MS);
    }
  }

  /** Lets time pass until `promise` settles. */
  async settled<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    let done = false;
    const finish = (): void => void (done = true);
    promise.then(finish, finish);
    await this.until(() => done, what);
    return promise;
  }
}
