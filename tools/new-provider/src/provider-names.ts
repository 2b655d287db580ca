/** A company's name in its spellings. */
export interface ProviderNames {
  /** `plivo`: of folders, packages, paths. */
  readonly lower: string;
  /** `Plivo`: in sentences and in the names of classes. */
  readonly upper: string;
  /** `PLIVO`: of environment variables. */
  readonly constant: string;
}

/**
 * Reads a name as given on the command line: letters and digits, with a letter in front. Capitals
 * within it are kept where it has any: `SignalWire` is `signalwire`, `SignalWire` and `SIGNALWIRE`.
 *
 * @throws RangeError for any other name.
 */
export function providerNames(name: string): ProviderNames {
  if (!/^[a-z][a-z\d]{1,30}$/i.test(name)) {
    throw new RangeError(
      `"${name}" cannot be the name of a provider: use letters and digits, such as plivo or SignalWire.`,
    );
  }
  return {
    lower: name.toLowerCase(),
    upper: name.charAt(0).toUpperCase() + name.slice(1),
    constant: name.toUpperCase(),
  };
}

/** A text that is written for Acme, for another company. */
export function renamed(text: string, { lower, upper, constant }: ProviderNames): string {
  return text.replaceAll('acme', lower).replaceAll('Acme', upper).replaceAll('ACME', constant);
}
