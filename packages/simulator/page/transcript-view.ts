import type { CallNews } from '../src/control/control-protocol.ts';

type Transcript = Extract<CallNews, { type: 'transcript' }>;
type Turn = Extract<CallNews, { type: 'turn' }>;
type ToolCall = Extract<CallNews, { type: 'tool-call' }>;

/** The list of what was said, with the delay of each answer at the words that it answers. */
export class TranscriptView {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #delays: HTMLElement;
  readonly #delaysMs: number[] = [];
  #lastOfCaller: HTMLElement | undefined;

  constructor(elements: { list: HTMLElement; empty: HTMLElement; delays: HTMLElement }) {
    this.#list = elements.list;
    this.#empty = elements.empty;
    this.#delays = elements.delays;
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#delays.textContent = '';
    this.#delaysMs.length = 0;
    this.#lastOfCaller = undefined;
    this.#empty.hidden = false;
  }

  said({ role, text, input, interrupted, sources = [] }: Transcript): void {
    const item = document.createElement('li');
    const words = input === 'digit' ? `key ${text}` : text;
    item.className = role;
    item.append(element('strong', role === 'caller' ? 'You' : 'Agent'), words);
    if (interrupted)
      item.append(element('small', words === '' ? 'interrupted at once' : 'interrupted here'));
    if (sources.length > 0) item.append(element('small', `from ${sources.join(', ')}`));
    if (role === 'caller') this.#lastOfCaller = item;
    this.#add(item);
  }

  toolUsed({ name, failed, sources }: ToolCall): void {
    const found = sources.length === 0 ? '' : `: ${[...new Set(sources)].join(', ')}`;
    this.note(`${name}${failed ? ' failed' : found}`);
  }

  measured({ delayMs, parts }: Turn): void {
    this.#delaysMs.push(delayMs);
    this.#delays.textContent = `last answer after ${describeMs(delayMs)}, median ${describeMs(median(this.#delaysMs))}`;
    const detail = parts
      .filter(({ ms }) => ms >= 0.5)
      .map(({ name, ms }) => `${name} ${describeMs(ms)}`)
      .join(', ');
    const text = `answered after ${describeMs(delayMs)}${detail === '' ? '' : `: ${detail}`}`;
    this.#lastOfCaller?.append(element('small', text));
    this.#lastOfCaller = undefined;
    this.#scroll();
  }

  /** A remark between what was said. */
  note(text: string): void {
    const item = element('li', text);
    item.className = 'note';
    this.#add(item);
  }

  #add(item: HTMLElement): void {
    this.#empty.hidden = true;
    this.#list.append(item);
    this.#scroll();
  }

  #scroll(): void {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function describeMs(ms: number): string {
  return `${Math.round(ms)} ms`;
}
