import { z } from 'zod';
import { choice, wholeNumber } from '../setting-types.ts';
import type { TelephonySettings } from '../telephony-settings.ts';
import { countryOf, isCountry } from './number-rule.ts';

/** What may be called, and where calls may be transferred to. */
export interface OutboundSettings {
  /** Whether calling out is switched on at the start. */
  readonly enabled: boolean;
  /** Countries whose numbers may be called, in two letters; `any` for all. */
  readonly countries: readonly string[] | 'any';
  readonly maxCallsPerNumberPerHour: number;
  /** Numbers that calls may be transferred to, by name. */
  readonly destinations: Readonly<Record<string, string>>;
}

const DESTINATION = /^([^=,]{1,60})=(\+[1-9]\d{6,14})$/;

/** The settings of the environment that are about calling out. */
export const outboundShape = {
  CALLING_OUT: choice(['on', 'off']).default('on'),
  OUTBOUND_COUNTRIES: z
    .string()
    .toUpperCase()
    .transform((text) => text.split(',').map((country) => country.trim()))
    .refine((countries) => isAny(countries) || countries.every(isCountry), {
      error: 'must be two-letter codes of countries, US,CA for example, or any',
    })
    .optional(),
  MAX_CALLS_PER_NUMBER_PER_HOUR: wholeNumber(1, 100_000).default(5),
  TRANSFER_DESTINATIONS: z
    .string()
    .transform((text) => text.split(',').map((entry) => DESTINATION.exec(entry.trim())))
    .refine((entries) => entries.every((entry) => entry !== null), {
      error: 'must be names with their numbers: sales=+12025550123,front desk=+12025550124',
    })
    .optional(),
};

type OutboundEnvironment = z.infer<z.ZodObject<typeof outboundShape>>;

function isAny(countries: readonly string[]): boolean {
  return countries.length === 1 && countries[0] === 'ANY';
}

/**
 * Makes the settings of what was read. Where no countries are set, the own number's may be called, and on a
 * simulated network, where calls cost nothing, all.
 */
export function outboundOf(
  environment: OutboundEnvironment,
  telephony: TelephonySettings,
): OutboundSettings {
  const chosen = environment.OUTBOUND_COUNTRIES;
  const destinations = (environment.TRANSFER_DESTINATIONS ?? []).map(
    (entry) => [entry?.[1]?.trim() ?? '', entry?.[2] ?? ''] as const,
  );
  return {
    enabled: environment.CALLING_OUT === 'on',
    countries: chosen ? (isAny(chosen) ? 'any' : chosen) : usualCountries(telephony),
    maxCallsPerNumberPerHour: environment.MAX_CALLS_PER_NUMBER_PER_HOUR,
    destinations: Object.fromEntries(destinations),
  };
}

function usualCountries(telephony: TelephonySettings): readonly string[] | 'any' {
  if (telephony.network === 'simulated') return 'any';
  const country = telephony.phoneNumber && countryOf(telephony.phoneNumber);
  return country === undefined || country === '' ? [] : [country];
}

/** What keeps calls from going out, to be told at the start; none of it keeps the app from starting. */
export function describeOutbound({ enabled, countries }: OutboundSettings): string {
  if (!enabled) return 'off (CALLING_OUT=off)';
  if (countries === 'any') return 'to any country';
  return countries.length === 0
    ? 'nowhere (set OUTBOUND_COUNTRIES, or the number to call from)'
    : `to ${countries.join(', ')}`;
}
