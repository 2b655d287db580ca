import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** What a set-up has changed, or is about to change: enough to restore it. */
export interface SetupRecord {
  readonly version: 1;
  /** Name of the temporary application, unlike any other. */
  readonly applicationName: string;
  /** Known once the application is made. */
  readonly applicationId?: string | undefined;
  /** Telnyx's id of the number; there once it is about to be routed. */
  readonly numberId?: string | undefined;
  /** What the number was routed to before; absent: to nothing. */
  readonly previousConnectionId?: string | undefined;
}

/** A set-up cannot be journalled; the message says what to do. */
export class JournalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JournalError';
  }
}

/**
 * The file in which a set-up notes each change before it makes it, so that what was killed in between
 * can be restored. It holds ids only, no key and no number.
 */
export class SetupJournal {
  readonly path: string;
  #isBegun = false;

  constructor(path: string) {
    this.path = path;
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
  async begin(record: SetupRecord): Promise<void> {
    try {
      await writeFile(this.path, serialise(record), { flag: 'wx', mode: 0o600 });
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
  async write(record: SetupRecord): Promise<void> {
    const next = `${this.path}.next`;
    try {
      await writeFile(next, serialise(record), { mode: 0o600 });
      await rename(next, this.path);
    } catch (error) {
      throw new JournalError(`The journal ${this.path} cannot be written (${codeOf(error)}).`, {
        cause: error,
      });
    }
  }

  /** What is noted; undefined where there is no journal. @throws JournalError */
  async read(): Promise<SetupRecord | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
      throw new JournalError(`The journal ${this.path} cannot be read (${codeOf(error)}).`, {
        cause: error,
      });
    }
    const record = parseRecord(text);
    if (record) return record;
    throw new JournalError(
      `${this.path} is no journal of phone-agents-telnyx; name the right one with --journal.`,
    );
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function serialise(record: SetupRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

function parseRecord(text: string): SetupRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = (value ?? {}) as Record<string, unknown>;
  const isText = (name: string): boolean =>
    record[name] === undefined || typeof record[name] === 'string';
  return record['version'] === 1 &&
    typeof record['applicationName'] === 'string' &&
    ['applicationId', 'numberId', 'previousConnectionId'].every(isText)
    ? (record as unknown as SetupRecord)
    : undefined;
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
