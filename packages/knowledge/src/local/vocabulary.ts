import SearchableMap from 'minisearch/SearchableMap';
import type { TermStatistics } from '../passage-store.ts';
import { allowedEdits } from '../text/likeness.ts';
import { statisticsOf } from '../text/term-statistics.ts';
import { soundOf } from '../text/terms.ts';

/** All terms of an index, found by spelling and by sound. */
export class Vocabulary {
  /** Passages that have the term. */
  readonly #passages = new SearchableMap<number>();
  readonly #bySound = new Map<string, Set<string>>();

  add(terms: readonly string[]): void {
    for (const term of new Set(terms)) {
      const passages = this.#passages.get(term) ?? 0;
      this.#passages.set(term, passages + 1);
      if (passages > 0) continue;
      const sound = soundOf(term);
      const alike = this.#bySound.get(sound);
      if (alike) alike.add(term);
      else this.#bySound.set(sound, new Set([term]));
    }
  }

  remove(terms: readonly string[]): void {
    for (const term of new Set(terms)) {
      const passages = this.#passages.get(term) ?? 0;
      if (passages > 1) {
        this.#passages.set(term, passages - 1);
        continue;
      }
      this.#passages.delete(term);
      const sound = soundOf(term);
      const alike = this.#bySound.get(sound);
      alike?.delete(term);
      if (alike?.size === 0) this.#bySound.delete(sound);
    }
  }

  lookUp(asked: string): TermStatistics {
    const near = new Set<string>(this.#bySound.get(soundOf(asked)));
    if (this.#passages.has(asked)) near.add(asked);
    else {
      const edits = allowedEdits(asked);
      if (edits > 0) {
        for (const term of this.#passages.fuzzyGet(asked, edits).keys()) near.add(term);
      }
    }
    return statisticsOf(asked, [...near], (term) => this.#passages.get(term) ?? 0);
  }
}
