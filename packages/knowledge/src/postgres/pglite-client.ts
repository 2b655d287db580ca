import type { PGlite, Transaction } from '@electric-sql/pglite';
import { driverMissing } from '../errors.ts';
import type { PostgresClient, PostgresQuery } from './postgres-client.ts';

/**
 * PostgreSQL within this process, with pgvector.
 *
 * @param dataDir Folder that keeps it; in memory without. One process may open it at a time.
 */
export async function openPglite(dataDir: string | undefined): Promise<PostgresClient> {
  const database = await create(dataDir);
  const over = (connection: PGlite | Transaction): PostgresQuery => ({
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await connection.query<Row>(sql, [...parameters])).rows,
  });
  return {
    ...over(database),
    transaction: (run) => database.transaction((transaction) => run(over(transaction))),
    close: () => database.close(),
  };
}

async function create(dataDir: string | undefined): Promise<PGlite> {
  let parts;
  try {
    parts = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite-pgvector'),
      import('@electric-sql/pglite/contrib/pg_trgm'),
    ]);
  } catch (cause) {
    throw driverMissing(
      'The embedded PostgreSQL is not installed: npm i @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector@0.0.15, or give the url of a server.',
      cause,
    );
  }
  const [{ PGlite: Database }, { vector }, { pg_trgm }] = parts;
  return Database.create({
    ...(dataDir !== undefined && { dataDir }),
    extensions: { vector, pg_trgm },
  });
}
