import type { DocumentSection } from '../knowledge-base.ts';

/** Keeps the headings under which a text stands, while a document is read from top to bottom. */
export class HeadingStack {
  #stack: { readonly depth: number; readonly text: string }[] = [];
  #title: string | undefined;

  /** @param depth 1 for the outermost. */
  enter(depth: number, text: string): void {
    this.#stack = this.#stack.filter((heading) => heading.depth < depth);
    if (text === '') return;
    // The first heading of depth 1 is the title of it all.
    if (depth === 1 && this.#title === undefined) this.#title = text;
    this.#stack.push({ depth, text });
  }

  headings(): string[] {
    return this.#stack.map(({ text }) => text);
  }

  /** The title, and the sections without it among their headings. */
  finish(sections: readonly DocumentSection[]): {
    readonly title: string | undefined;
    readonly sections: DocumentSection[];
  } {
    const title = this.#title;
    return {
      title,
      sections: sections.map((section) =>
        section.headings[0] === title
          ? { ...section, headings: section.headings.slice(1) }
          : { ...section },
      ),
    };
  }
}
