import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** A set-up cannot be journalled; the message says what to do. */
export class JournalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JournalError';
  }
}

/** What a {@link SetupJournal} is made with. */
export interface SetupJournalOptions<Change> {
  readonly path: string;
  /** Name of the program, for messages. */
  readonly program: string;
  /** Checks what was read; undefined where it is none of this program's. */
  readonly parse: (value: Readonly<Record<string, unknown>>) => Change | undefined;
}

/**
 * The file in which a set-up notes each change before it makes it, so that what was killed in between
 * can be restored. Note in it what restoring needs, and no key and no number.
 */
export class SetupJournal<Change extends object> {
  readonly path: string;
  readonly #program: string;
  readonly #parse: SetupJournalOptions<Change>['parse'];
  #isBegun = false;

  constructor({ path, program, parse }: SetupJournalOptions<Change>) {
    this.path = path;
    this.#program = program;
    this.#parse = parse;
  }

  /** Whether it was begun here, and is not another set-up's. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /**
   * Begins; only one set-up at a time may use a journal.
   *
   * @throws JournalError where there is one, or it cannot be written.
   */
  async begin(change: Change): Promise<void> {
    try {
      await writeFile(this.path, serialise(change), { flag: 'wx', mode: 0o600 });
      this.#isBegun = true;
    } catch (error) {
      const isThere = (error as { code?: unknown }).code === 'EEXIST';
      throw new JournalError(
        isThere
          ? `There is a journal already (${this.path}): another set-up runs, or was killed. End it, or run teardown.`
          : `The journal ${this.path} cannot be written (${codeOf(error)}): name another with --journal.`,
        { cause: error },
      );
    }
  }

  /** Replaces what is noted, in one piece. @throws JournalError */
  async write(change: Change): Promise<void> {
    const next = `${this.path}.next`;
    try {
      await writeFile(next, serialise(change), { mode: 0o600 });
      await rename(next, this.path);
    } catch (error) {
      throw new JournalError(`The journal ${this.path} cannot be written (${codeOf(error)}).`, {
        cause: error,
      });
    }
  }

  /** What is noted; undefined where there is no journal. @throws JournalError */
  async read(): Promise<Change | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
      throw new JournalError(`The journal ${this.path} cannot be read (${codeOf(error)}).`, {
        cause: error,
      });
    }
    const change = this.#changeOf(text);
    if (change) return change;
    throw new JournalError(
      `${this.path} is no journal of ${this.#program}; name the right one with --journal.`,
    );
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  #changeOf(text: string): Change | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
    const record = (value ?? {}) as Record<string, unknown>;
    return record['version'] === 1 ? this.#parse(record) : undefined;
  }
}

function serialise(change: object): string {
  return `${JSON.stringify({ version: 1, ...change }, undefined, 2)}\n`;
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
