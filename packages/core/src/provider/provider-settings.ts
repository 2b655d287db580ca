import { ConfigurationError } from '../errors.ts';

/** Gives a setting as it stands: what was given, else the variable of the environment. */
export type SettingReader = (given: string | undefined, variable: string) => string | undefined;

/**
 * Reads settings that may come from the environment. They are trimmed, and empty texts count as
 * absent. Make it when settings are needed, so that nothing is read before.
 *
 * @param environment Default: this process's environment.
 */
export function settingReader(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): SettingReader {
  const present = (text: string | undefined): string | undefined => text?.trim() || undefined;
  return (given, variable) => present(given) ?? present(environment[variable]);
}

/**
 * Reads a setting that there must be, such as a vendor's key, where it is needed.
 *
 * @param problem What is wrong without it, and what to do: `is missing; make one in Acme's console`.
 * @throws ConfigurationError that names the variable, where neither it nor a value was given.
 */
export function requireSetting(
  given: string | undefined,
  variable: string,
  problem: string,
): string {
  const value = settingReader()(given, variable);
  if (value === undefined) throw new ConfigurationError([{ setting: variable, problem }]);
  return value;
}

/** Whether a text is a phone number in E.164: a plus, the country code, digits only. */
export function isPhoneNumber(text: string): boolean {
  return /^\+[1-9]\d{4,14}$/.test(text);
}

/** Whether a text is an http or https address. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
