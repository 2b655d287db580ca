/** Where a bar is drawn: standard error, as Node has it. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const DEFAULT_COLUMNS = 80;
const WIDEST_BAR = 30;
/** Where nobody watches, a line is written each time so much more is done. */
const LINE_STEP = 0.1;

/** Shows how far a task has come: a bar on a terminal, a few lines in a file. */
export class ProgressBar {
  readonly #terminal: Terminal;
  #shown = 0;
  #isDrawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(done: number, total: number, what: string): void {
    const share = total === 0 ? 1 : done / total;
    const count = `${done}/${total}`;
    if (this.#terminal.isTTY !== true) {
      if (share < 1 && share - this.#shown < LINE_STEP) return;
      this.#shown = share;
      this.#terminal.write(`${Math.floor(share * 100)} % (${count})\n`);
      return;
    }
    const { columns = DEFAULT_COLUMNS } = this.#terminal;
    const width = Math.max(5, Math.min(WIDEST_BAR, columns - 40));
    const filled = Math.round(share * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const line = `${bar} ${String(Math.floor(share * 100)).padStart(3)} % ${count} ${what}`;
    this.#terminal.write(`\r\x1b[K${line.slice(0, columns - 1)}`);
    this.#isDrawn = true;
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#isDrawn) this.#terminal.write('\r\x1b[K');
    this.#isDrawn = false;
  }
}
