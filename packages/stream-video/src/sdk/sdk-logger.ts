import type { Logger } from '@phone-agents/core';

type SdkLog = (level: string, message: string, ...details: unknown[]) => void;

/** What Stream's SDK logs, in our words: its errors are our warnings, for it goes on trying. */
export function sdkLogger(logger: Logger): SdkLog {
  return (level, message, ...details) => {
    const fields = details.length === 0 ? {} : { details };
    if (level === 'error' || level === 'warn') logger.warn(fields, `Stream: ${message}`);
    else logger.debug(fields, `Stream: ${message}`);
  };
}
