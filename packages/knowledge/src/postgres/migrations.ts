import { KnowledgeError } from '../errors.ts';
import type { PostgresClient, PostgresQuery } from './postgres-client.ts';

/**
 * What makes the tables, one step after the other; `$schema` and `$trgm` stand for quoted names. Steps
 * that have been published are never changed: a change is a new one.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `create table $schema.documents (
      id text primary key,
      title text not null,
      source text not null,
      metadata jsonb not null,
      content_hash text not null,
      embedding_model text
    )`,
    `create index documents_metadata on $schema.documents using gin (metadata jsonb_path_ops)`,
    `create table $schema.passages (
      id bigint generated always as identity primary key,
      document_id text not null references $schema.documents on delete cascade,
      index integer not null,
      headings jsonb not null,
      text text not null,
      line integer,
      page integer,
      hash text not null,
      terms tsvector not null,
      -- Distinct terms.
      length integer not null,
      unique (document_id, index)
    )`,
    // Without a list of what is pending: every search would read it, and nobody may ever tidy it up.
    `create index passages_terms on $schema.passages using gin (terms) with (fastupdate = off)`,
    `create index passages_hash on $schema.passages (hash)`,
    // How many passages have a term; the empty term counts them all.
    `create table $schema.terms (
      term text primary key,
      sound text not null,
      passages bigint not null
    )`,
    `create index terms_sound on $schema.terms (sound)`,
    `create index terms_spelling on $schema.terms using gin (term $trgm.gin_trgm_ops)
      with (fastupdate = off)`,
  ],
];

/** Schemas in which extensions live, quoted; they need not be on the search path. */
export interface ExtensionSchemas {
  readonly trgm: string;
  /** Undefined without pgvector. */
  readonly vector: string | undefined;
}

export interface MigrationOptions {
  /** Name of the schema, not quoted. */
  readonly schema: string;
  /** Whether vectors are to be kept. */
  readonly withVectors: boolean;
}

/**
 * Brings the tables up to date, all of them or none, one process at a time. Where they are, nothing
 * is written, so that a role that may only read can search.
 *
 * @throws KnowledgeError where an extension is missing, or a newer version made the tables.
 */
export async function migrate(
  client: PostgresClient,
  options: MigrationOptions,
): Promise<ExtensionSchemas> {
  const schema = quoteName(options.schema);
  const current = await findExtensions(client);
  if (current.trgm !== undefined && (!options.withVectors || current.vector !== undefined)) {
    const isUpToDate =
      (await versionOf(client, options.schema)) === MIGRATIONS.length &&
      (!options.withVectors || (await hasVectors(client, options.schema)));
    if (isUpToDate) return { trgm: current.trgm, vector: current.vector };
  }
  return client.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock(hashtext($1))', [options.schema]);
    await createExtension(transaction, 'pg_trgm');
    if (options.withVectors) await createExtension(transaction, 'vector');
    const { trgm, vector } = await findExtensions(transaction);
    const fill = (sql: string): string =>
      sql.replaceAll('$schema', schema).replaceAll('$trgm', trgm!);
    await transaction.query(`create schema if not exists ${schema}`);
    await transaction.query(
      fill(`create table if not exists $schema.migrations (
        version integer primary key,
        applied_at timestamptz not null default now()
      )`),
    );
    const version = await versionOf(transaction, options.schema);
    for (const [index, steps] of MIGRATIONS.entries()) {
      if (index < version) continue;
      for (const step of steps) await transaction.query(fill(step));
      await transaction.query(fill('insert into $schema.migrations (version) values ($1)'), [
        index + 1,
      ]);
    }
    if (options.withVectors) {
      await transaction.query(
        `alter table ${schema}.passages add column if not exists embedding ${vector}.vector`,
      );
    }
    return { trgm: trgm!, vector };
  });
}

/** The steps that the tables have had; 0 where there are none. */
async function versionOf(client: PostgresQuery, schema: string): Promise<number> {
  const [table] = await client.query<{ exists: boolean }>(
    `select to_regclass($1) is not null as exists`,
    [`${quoteName(schema)}.migrations`],
  );
  if (!table?.exists) return 0;
  const [row] = await client.query<{ version: number }>(
    `select coalesce(max(version), 0) as version from ${quoteName(schema)}.migrations`,
  );
  const version = row?.version ?? 0;
  if (version > MIGRATIONS.length) {
    throw new KnowledgeError(
      'knowledge_index_invalid',
      `The schema ${schema} was made by a newer version of this package (${version}): update it here.`,
    );
  }
  return version;
}

async function hasVectors(client: PostgresQuery, schema: string): Promise<boolean> {
  const rows = await client.query(
    `select 1 from pg_attribute
     where attrelid = to_regclass($1) and attname = 'embedding' and not attisdropped`,
    [`${quoteName(schema)}.passages`],
  );
  return rows.length > 0;
}

async function findExtensions(
  client: PostgresQuery,
): Promise<{ readonly trgm: string | undefined; readonly vector: string | undefined }> {
  const rows = await client.query<{ name: string; schema: string }>(
    `select extname as name, nspname as schema
     from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
     where extname in ('pg_trgm', 'vector')`,
  );
  const schemaOf = (extension: string): string | undefined => {
    const row = rows.find(({ name }) => name === extension);
    return row && quoteName(row.schema);
  };
  return { trgm: schemaOf('pg_trgm'), vector: schemaOf('vector') };
}

const HOW_TO_INSTALL = {
  pg_trgm: 'it is one of the contrib modules that come with PostgreSQL',
  vector:
    'install pgvector (postgresql-NN-pgvector from apt.postgresql.org), or leave the embedding model out',
};

async function createExtension(
  client: PostgresQuery,
  name: keyof typeof HOW_TO_INSTALL,
): Promise<void> {
  const [available] = await client.query<{ installed: boolean }>(
    `select installed_version is not null as installed from pg_available_extensions where name = $1`,
    [name],
  );
  if (!available) {
    throw new KnowledgeError(
      'knowledge_driver_missing',
      `The PostgreSQL server lacks the extension ${name}: ${HOW_TO_INSTALL[name]}.`,
    );
  }
  if (available.installed) return;
  // Extensions are the whole database's, and two that create one at once trip over each other.
  await client.query(`select pg_advisory_xact_lock(hashtext('phone-agents-extensions'))`);
  await client.query(`create extension if not exists ${name}`);
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
