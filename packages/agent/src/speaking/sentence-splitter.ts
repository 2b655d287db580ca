// A mark, closing quotes or brackets, then space: only the space shows that `3.` was not `3.5`.
const SENTENCE_END = /(?:[.!?…]+["'”’)\]]*(?=\s)|[。！？]|\n)/g;
// Also the number of a list's item.
const ABBREVIATION =
  /^\s*\d{1,3}\.$|(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nr|vs|approx|e\.g|i\.e|[A-Z])\.$/;
/** A text without an end of sentence is cut at a pause, or a space, when it gets this long. */
const MAX_LENGTH = 240;

/** Cuts text that comes in pieces into sentences, each given out as soon as it is whole. */
export class SentenceSplitter {
  #rest = '';

  /** Takes a piece of text and gives the sentences that it completes. */
  push(text: string): string[] {
    this.#rest += text;
    const sentences: string[] = [];
    let from = 0;
    for (const match of this.#rest.matchAll(SENTENCE_END)) {
      const end = match.index + match[0].length;
      const candidate = this.#rest.slice(from, end);
      if (ABBREVIATION.test(candidate)) continue;
      add(sentences, candidate);
      from = end;
    }
    this.#rest = this.#rest.slice(from);
    while (this.#rest.length > MAX_LENGTH) {
      const cut = cutPosition(this.#rest);
      add(sentences, this.#rest.slice(0, cut));
      this.#rest = this.#rest.slice(cut);
    }
    return sentences;
  }

  /** The text is over: what is left, if there is anything. */
  finish(): string[] {
    const sentences: string[] = [];
    add(sentences, this.#rest);
    this.#rest = '';
    return sentences;
  }
}

/** All sentences of a whole text. */
export function splitSentences(text: string): string[] {
  const splitter = new SentenceSplitter();
  return [...splitter.push(text), ...splitter.finish()];
}

function add(sentences: string[], text: string): void {
  const sentence = text.trim().replace(/\s+/g, ' ');
  // A lone dash or bullet is nothing to say.
  if (/[\p{L}\p{N}]/u.test(sentence)) sentences.push(sentence);
}

function cutPosition(text: string): number {
  const head = text.slice(0, MAX_LENGTH);
  const pause = Math.max(head.lastIndexOf(', '), head.lastIndexOf('; '), head.lastIndexOf(': '));
  if (pause > MAX_LENGTH / 3) return pause + 1;
  const space = head.lastIndexOf(' ');
  return space > 0 ? space : MAX_LENGTH;
}
