import type { CandidateRequest } from '../passage-store.ts';
import { RANK_CONSTANT } from '../retrieval/fuse-ranks.ts';
import { vectorLiteral } from './vector-literal.ts';

/** Quoted names that the statements use. */
export interface SqlNames {
  readonly schema: string;
  readonly trgm: string;
  /** Undefined where there are no vectors. */
  readonly vector: string | undefined;
}

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Terms of the index that are or sound like those asked for; for those that it lacks, that look like them. */
export function lookUpStatement(
  { schema, trgm }: SqlNames,
  terms: readonly string[],
  sounds: readonly string[],
): Statement {
  return {
    sql: `
      with asked as (select * from unnest($1::text[], $2::text[]) as asked (term, sound))
      select asked.term as asked, terms.term, terms.passages::float8 as passages
      from asked join ${schema}.terms on terms.term = asked.term
      union
      select asked.term, terms.term, terms.passages::float8
      from asked join ${schema}.terms on terms.sound = asked.sound
      where asked.sound <> '' and length(asked.term) >= 4
      union
      select asked.term, terms.term, terms.passages::float8
      from asked join ${schema}.terms on terms.term operator(${trgm}.%) asked.term
      where length(asked.term) >= 4
        and not exists (select from ${schema}.terms as known where known.term = asked.term)
      union all
      select '', term, passages::float8 from ${schema}.terms where term = ''`,
    parameters: [terms, sounds],
  };
}

/**
 * Passages by the weights of their terms, by nearness of their vectors, or by both, fused by
 * reciprocal rank.
 */
export function candidatesStatement(names: SqlNames, request: CandidateRequest): Statement {
  const parameters: unknown[] = [];
  const parameter = (value: unknown): string => `$${parameters.push(value)}`;
  const lexical = lexicalPart(names, request, parameter);
  const meaning =
    request.embedding && names.vector !== undefined
      ? meaningPart(names, request.embedding, request, parameter)
      : `select null::bigint as id, null::float8 as similarity, null::bigint as rank where false`;
  return {
    sql: `
      with lexical as (${lexical}),
      meaning as (${meaning}),
      fused as (
        select id, similarity,
          coalesce(1.0 / (${RANK_CONSTANT} + lexical.rank), 0) +
          coalesce(1.0 / (${RANK_CONSTANT} + meaning.rank), 0) as score
        from lexical full join meaning using (id)
        order by score desc, id
        limit ${parameter(request.limit)}
      )
      select documents.id as document_id, title, source, metadata,
        headings, text, index, line, page, similarity
      from fused
      join ${names.schema}.passages on passages.id = fused.id
      join ${names.schema}.documents on documents.id = passages.document_id
      order by fused.score desc, fused.id`,
    parameters,
  };
}

type Parameter = (value: unknown) => string;

/** By the weights of the terms that a passage has; of equals the shorter. */
function lexicalPart(
  { schema }: SqlNames,
  { terms, limit, filter }: CandidateRequest,
  parameter: Parameter,
): string {
  const wanted = terms.flatMap(({ variants, weight }) =>
    variants.map(({ term, likeness }) => ({ term, weight: weight * likeness })),
  );
  const words = parameter(wanted.map(({ term }) => term));
  const weights = parameter(wanted.map(({ weight }) => weight));
  return `
    select id, row_number() over (order by sum(weight) desc, min(length), id) as rank
    from (
      select passages.id, passages.length, wanted.weight
      from unnest(${words}::text[], ${weights}::float8[]) as wanted (term, weight)
      join ${schema}.passages on passages.terms @@ quote_literal(wanted.term)::tsquery
      ${filterClause(schema, filter, parameter)}
    ) as hits
    group by id
    order by rank
    limit ${parameter(limit)}`;
}

function meaningPart(
  { schema, vector }: SqlNames,
  embedding: NonNullable<CandidateRequest['embedding']>,
  { limit, filter }: CandidateRequest,
  parameter: Parameter,
): string {
  const dimensions = embedding.vector.length;
  const asked = `${parameter(vectorLiteral(embedding.vector))}::${vector}.vector(${dimensions})`;
  const distance = `passages.embedding::${vector}.vector(${dimensions}) operator(${vector}.<=>) ${asked}`;
  // An index gives its nearest before the filter is applied, which may leave none: with a filter the
  // distance is made an expression that no index has.
  const isFiltered = filter.documentIds !== undefined || filter.metadata !== undefined;
  return `
    select id, 1 - distance as similarity, row_number() over (order by distance, id) as rank
    from (
      select passages.id, ${distance} as distance
      from ${schema}.passages
      join ${schema}.documents on documents.id = passages.document_id
        and documents.embedding_model = ${parameter(embedding.model)}
      where ${vector}.vector_dims(passages.embedding) = ${dimensions}
      ${isFiltered ? `and ${conditions(filter, parameter).join(' and ')}` : ''}
      order by ${isFiltered ? `(${distance}) + 0` : distance}
      limit ${parameter(limit)}
    ) as nearest`;
}

function filterClause(
  schema: string,
  filter: CandidateRequest['filter'],
  parameter: Parameter,
): string {
  const all = conditions(filter, parameter);
  return all.length === 0
    ? ''
    : `join ${schema}.documents on documents.id = passages.document_id where ${all.join(' and ')}`;
}

function conditions(
  { documentIds, metadata }: CandidateRequest['filter'],
  parameter: Parameter,
): string[] {
  return [
    ...(documentIds ? [`documents.id = any(${parameter(documentIds)}::text[])`] : []),
    ...(metadata ? [`documents.metadata @> ${parameter(JSON.stringify(metadata))}::jsonb`] : []),
  ];
}
