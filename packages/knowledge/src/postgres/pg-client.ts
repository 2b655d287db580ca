import type { Logger } from '@phone-agents/core';
import type { Pool, PoolClient } from 'pg';
import { driverMissing, errorCode } from '../errors.ts';
import type { PostgresClient, PostgresQuery } from './postgres-client.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** No statement of ours takes longer, but the making of an index on a large table. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** A PostgreSQL server, through a pool of connections. */
export async function openPg(url: string, logger: Logger): Promise<PostgresClient> {
  let driver;
  try {
    driver = await import('pg');
  } catch (cause) {
    throw driverMissing('The PostgreSQL driver is not installed: npm i pg.', cause);
  }
  const pool = new driver.default.Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'phone-agents-knowledge',
    // An open pool is no reason for a process to stay.
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', (error) => {
    logger.warn({ code: errorCode(error) }, 'A connection to PostgreSQL broke');
  });
  return {
    ...over(pool),
    transaction: async (run) => {
      const connection = await pool.connect();
      let broken: Error | undefined;
      // While it is out, a connection that breaks tells only itself.
      const onError = (error: Error): void => void (broken = error);
      connection.on('error', onError);
      try {
        await connection.query('begin');
        const result = await run(over(connection));
        await connection.query('commit');
        return result;
      } catch (error) {
        await connection.query('rollback').catch((failed: Error) => (broken = failed));
        throw error;
      } finally {
        connection.off('error', onError);
        connection.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

function over(connection: Pool | PoolClient): PostgresQuery {
  return {
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await connection.query(sql, [...parameters])).rows as Row[],
  };
}
