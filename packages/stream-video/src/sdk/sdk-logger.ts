import type { Logger } from '@phone-agents/core';

type SdkLog = (level: string, message: string, ...details: unknown[]) => void;

/** What Stream's SDK logs, in our words: its errors are our warnings, for it goes on trying. */
export function sdkLogger(logger: Logger): SdkLog {
  return (level, message, ...details) => {
    const fields = details.length === 0 ? {} : { details: details.map(summarise) };
    if (level === 'error' || level === 'warn') logger.warn(fields, `Stream: ${message}`);
    else logger.debug(fields, `Stream: ${message}`);
  };
}

/** Of errors and answers only what they say: they hold the whole request, with its token. */
function summarise(detail: unknown): unknown {
  if (typeof detail !== 'object' || detail === null) return detail;
  const kept: Record<string, unknown> = {};
  for (const name of ['name', 'message', 'code', 'status', 'statusText', 'reason'] as const) {
    const value: unknown = Reflect.get(detail, name);
    if (typeof value === 'string' || typeof value === 'number') kept[name] = value;
  }
  return kept;
}
