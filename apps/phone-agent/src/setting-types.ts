import { ConfigurationError, PhoneAgentError, parsePublicUrl } from '@phone-agents/core';
import { z } from 'zod';

/** One of a few words, written in any case. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(words, { error: `must be ${words.join(' or ')}` }));
}

export function wholeNumber(lowest: number, highest: number) {
  const error = `must be a whole number from ${lowest} to ${highest}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(lowest, { error }).max(highest, { error }));
}

/** An address at which a provider may reach the server. */
export const publicAddress = z.string().check((context) => {
  try {
    parsePublicUrl(context.value);
  } catch (error) {
    const message = error instanceof ConfigurationError ? error.problems[0]?.problem : undefined;
    context.issues.push({ code: 'custom', input: '', message: message ?? 'is no address' });
  }
});

/** The address of a stand-in of somebody's interface. */
export const standInAddress = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .optional();

/** A setting whose absence was told before. */
export function demanded(value: string | undefined): string {
  if (value !== undefined) return value;
  throw new PhoneAgentError('internal_error', 'A setting passed that should have been named.');
}
