import { types } from 'node:util';
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

// A number as it stands in text: E.164 with its plus or 00, its digits grouped in any of the usual
// ways; also percent-encoded (once or twice), as in form bodies and addresses.
const PLUS = String.raw`(?:\+|%(?:25)?2B|(?<![\w.-])00(?=[1-9]))`;
const GROUPING = String.raw`(?:[ ().\u00a0\u2010-\u2013/-]|%(?:25)?(?:20|28|29|2D))`;
const PHONE_NUMBER = new RegExp(`${PLUS}${GROUPING}{0,2}\\d(?:${GROUPING}{0,3}\\d){5,}`, 'gi');
/** Digits of an escape are none of the number's: it is shown without them. */
const ESCAPES = /%(?:25)?[\da-f]{2}/gi;
const SIP_USER = /\b((?:sips?|tel):)[^@\s<>"';]+(?=@)/gi;
const TEL_NUMBER = /\b(tel:)\+?[\d().-]+/gi;
const MEDIA_TOKEN = /(\/media\/[^/\s"']+\/)[^/\s"'?#]+/g;
const ENCODED_MEDIA_TOKEN = /(%2Fmedia%2F[^/%\s"'&]+%2F)[^/\s"'&]+/gi;
const AUTHORIZATION = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
const URL_CREDENTIALS = /(\/\/)[^/\s:@"']*:[^/\s@"']+@/g;

const SECRET_FIELD = /token|secret|password|authorization|api_?key|signature/i;
const NUMBER_FIELD =
  /^(?:from|to|caller|called|callee|phone|(?:caller|called|forward(?:ed)?|phone)_?(?:number|id|from|to)?)$/i;

/** Hides phone numbers, media tokens and credentials in a piece of text. */
export function redactText(text: string): string {
  return text
    .replace(MEDIA_TOKEN, '$1[redacted]')
    .replace(ENCODED_MEDIA_TOKEN, '$1[redacted]')
    .replace(URL_CREDENTIALS, '$1[redacted]@')
    .replace(AUTHORIZATION, '$1 [redacted]')
    .replace(SIP_USER, '$1•••')
    .replace(TEL_NUMBER, '$1•••')
    .replace(PHONE_NUMBER, (number) =>
      maskPhoneNumber(number.replace(/^%(?:25)?2B/i, '+').replace(ESCAPES, ' ')),
    );
}

/** A value that is secret by its name: nothing readable in it stays. */
function hide(value: unknown): unknown {
  if (typeof value === 'string') return '[redacted]';
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(() => '[redacted]');
  return '[redacted]';
}

function redactField(name: string, value: unknown, depth: number): unknown {
  if (SECRET_FIELD.test(name)) return hide(value);
  if (NUMBER_FIELD.test(name)) {
    if (typeof value === 'string') return maskPhoneNumber(redactText(value));
    if (typeof value === 'number' || typeof value === 'bigint') return maskPhoneNumber(`${value}`);
  }
  return redactValue(value, depth);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  // A function may be a `toJSON` that tells what was hidden.
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 4) return '[deep]';
  // `instanceof` alone does not know the errors of another context (a test runner's, a worker's).
  if (value instanceof Error || types.isNativeError(value)) {
    return {
      name: redactText(value.name),
      message: redactText(value.message),
      ...('code' in value ? { code: redactValue(value.code, depth + 1) } : {}),
      ...(value.stack === undefined ? {} : { stack: redactText(value.stack) }),
      ...(value.cause === undefined ? {} : { cause: redactValue(value.cause, depth + 1) }),
      ...(value instanceof AggregateError ? { errors: redactValue(value.errors, depth + 1) } : {}),
    };
  }
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  return redactFields(value as LogFields, depth + 1);
}

function redactFields(fields: LogFields, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    result[redactText(name)] = redactField(name, value, depth);
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
