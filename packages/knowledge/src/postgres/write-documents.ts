import type { StoredDocument } from '../passage-store.ts';
import { soundOf } from '../text/terms.ts';
import type { PostgresQuery } from './postgres-client.ts';
import type { SqlNames } from './search-sql.ts';
import { vectorLiteral } from './vector-literal.ts';

/** Deletes documents with their passages, and counts their terms off; returns how many there were. */
export async function deleteDocuments(
  client: PostgresQuery,
  { schema }: SqlNames,
  documentIds: readonly string[],
): Promise<number> {
  // One row of the empty term for each passage.
  await client.query(
    `update ${schema}.terms set passages = terms.passages - gone.passages
     from (
       select term, count(*) as passages
       from ${schema}.passages, unnest(array_append(tsvector_to_array(passages.terms), '')) as term
       where document_id = any($1::text[])
       group by term
     ) as gone
     where terms.term = gone.term`,
    [documentIds],
  );
  await client.query(`delete from ${schema}.terms where passages <= 0`);
  const deleted = await client.query(
    `delete from ${schema}.documents where id = any($1::text[]) returning id`,
    [documentIds],
  );
  return deleted.length;
}

/** Inserts documents that are not there, and counts their terms. */
export async function insertDocuments(
  client: PostgresQuery,
  { schema, vector }: SqlNames,
  documents: readonly StoredDocument[],
): Promise<void> {
  await client.query(
    `insert into ${schema}.documents (id, title, source, metadata, content_hash, embedding_model)
     select id, title, source, metadata, content_hash, embedding_model
     from jsonb_to_recordset($1::jsonb) as given (
       id text, title text, source text, metadata jsonb, content_hash text, embedding_model text
     )`,
    [
      JSON.stringify(
        documents.map(({ id, title, source, metadata, contentHash, embeddingModel }) => ({
          id,
          title,
          source,
          metadata,
          content_hash: contentHash,
          embedding_model: embeddingModel,
        })),
      ),
    ],
  );
  const counts = new Map<string, number>();
  const passages = documents.flatMap((document) =>
    document.passages.map(({ headings, text, position, hash, terms, embedding }) => {
      const distinct = [...new Set(terms)];
      for (const term of ['', ...distinct]) counts.set(term, (counts.get(term) ?? 0) + 1);
      return {
        document_id: document.id,
        ...position,
        headings,
        text,
        hash,
        terms: distinct,
        embedding: embedding && vectorLiteral(embedding),
      };
    }),
  );
  const [column, value] =
    vector === undefined ? ['', ''] : [', embedding', `, embedding::${vector}.vector`];
  await client.query(
    `insert into ${schema}.passages
       (document_id, index, headings, text, line, page, hash, length, terms${column})
     select document_id, index, headings, text, line, page, hash,
       jsonb_array_length(terms), array_to_tsvector(array(select jsonb_array_elements_text(terms)))${value}
     from jsonb_to_recordset($1::jsonb) as given (
       document_id text, index integer, headings jsonb, text text, line integer, page integer,
       hash text, terms jsonb, embedding text
     )`,
    [JSON.stringify(passages)],
  );
  const terms = [...counts.keys()];
  await client.query(
    `insert into ${schema}.terms (term, sound, passages)
     select * from unnest($1::text[], $2::text[], $3::bigint[])
     on conflict (term) do update set passages = terms.passages + excluded.passages`,
    [terms, terms.map(soundOf), terms.map((term) => counts.get(term))],
  );
}
