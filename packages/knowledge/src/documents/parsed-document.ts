import type { DocumentSection, MetadataValue } from '../knowledge-base.ts';

/** What a parser makes of a file's content. */
export interface ParsedDocument {
  /** As the content gives it; undefined where it gives none. */
  readonly title: string | undefined;
  readonly sections: readonly DocumentSection[];
  readonly metadata: Readonly<Record<string, MetadataValue>>;
}
