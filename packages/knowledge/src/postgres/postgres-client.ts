/** What is asked of a connection to PostgreSQL, whatever driver is behind it. */
export interface PostgresClient {
  /** Runs one statement; `$1` and so on stand for the parameters. */
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs statements of which all happen or none. */
  transaction<Result>(run: (client: PostgresQuery) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** A connection within a transaction. */
export type PostgresQuery = Pick<PostgresClient, 'query'>;
