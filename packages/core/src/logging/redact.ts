import type { LogFields, Logger } from './logger.ts';

/**
 * A phone number with all but its last two digits hidden: `+15005550010` becomes `+•••••••••10`.
 * Anything that holds no digits (`anonymous`) stays as it is; SIP addresses lose their user part.
 */
export function maskPhoneNumber(number: string): string {
  if (number.includes('@')) return number.replace(/^(sips?:)?[^@]*@/i, '$1•••@');
  const digits = number.replace(/\D/g, '').length;
  let seen = 0;
  return number.replace(/\d/g, (digit) => (++seen > digits - 2 && digits > 4 ? digit : '•'));
}

// A number as it stands in text: E.164 with its plus, also percent-encoded as in form bodies.
const PHONE_NUMBER = /(?:\+|%2B)\d(?:[ ().-]?\d){5,14}/gi;
const MEDIA_TOKEN = /(\/media\/[^/\s"']+\/)[^/\s"'?#]+/g;
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
const SECRET_FIELD = /token|secret|password|authorization|api_?key|signature/i;

/** Hides phone numbers, media tokens and credentials in a piece of text. */
export function redactText(text: string): string {
  return text
    .replace(MEDIA_TOKEN, '$1[redacted]')
    .replace(BEARER, '$1 [redacted]')
    .replace(PHONE_NUMBER, (number) => maskPhoneNumber(number.replace(/^%2B/i, '+')));
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 4) return '[deep]';
  if (value instanceof Error) {
    return {
      name: value.name,
      message: redactText(value.message),
      ...('code' in value ? { code: value.code } : {}),
      ...(value.stack === undefined ? {} : { stack: redactText(value.stack) }),
      ...(value.cause === undefined ? {} : { cause: redactValue(value.cause, depth + 1) }),
    };
  }
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return redactFields(value as LogFields, depth + 1);
}

function redactFields(fields: LogFields, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    result[name] =
      SECRET_FIELD.test(name) && typeof value === 'string'
        ? '[redacted]'
        : redactValue(value, depth);
  }
  return result;
}

/**
 * Wraps a logger so that no phone number, media token or credential passes it whole, whatever the
 * lines hold. Code is still written not to log them: this is the second lock on the door.
 */
export function createRedactingLogger(logger: Logger): Logger {
  return {
    debug: (fields, message) => logger.debug(redactFields(fields, 0), redactText(message)),
    info: (fields, message) => logger.info(redactFields(fields, 0), redactText(message)),
    warn: (fields, message) => logger.warn(redactFields(fields, 0), redactText(message)),
    error: (fields, message) => logger.error(redactFields(fields, 0), redactText(message)),
  };
}
