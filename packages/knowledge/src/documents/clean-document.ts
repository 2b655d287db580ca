import type { KnowledgeDocument } from '../knowledge-base.ts';

/**
 * Takes out what databases refuse in a text: NUL and halves of surrogate pairs.
 *
 * @throws RangeError where the id is none.
 */
export function cleanDocument(document: KnowledgeDocument): KnowledgeDocument {
  const { id, title, source, content, metadata = {} } = document;
  if (id === '' || clean(id) !== id) throw new RangeError('A document has no id that can be kept.');
  return {
    id,
    title: clean(title),
    source: source === undefined ? undefined : clean(source),
    content:
      typeof content === 'string'
        ? clean(content)
        : content.map((section) => ({
            ...section,
            headings: section.headings.map(clean),
            text: clean(section.text),
          })),
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [
        clean(name),
        typeof value === 'string' ? clean(value) : value,
      ]),
    ),
  };
}

function clean(text: string): string {
  return text.replaceAll(/\0|\p{Surrogate}/gu, '');
}
