/** Facts that belong to a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go: any pino-compatible object. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

const ignore = (): void => {};

/** A logger that says nothing; the default. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
