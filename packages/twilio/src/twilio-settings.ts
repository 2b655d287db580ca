import type { ConfigurationProblem } from '@phone-agents/core';
import { isHttpUrl, isPhoneNumber, settingReader } from '@phone-agents/core';

/** Settings of the Twilio plugin. What is absent is read from the environment when it is first needed. */
export interface TwilioProviderSettings {
  /** The account, `AC…`. Default: `TWILIO_ACCOUNT_SID`. */
  readonly accountSid?: string | undefined;
  /**
   * The account's auth token: it signs webhooks, and opens REST where there is no API key. Several
   * while it is being rotated: signatures of each are accepted, REST uses the first. Default:
   * `TWILIO_AUTH_TOKEN` (several: separated by commas).
   */
  readonly authToken?: string | readonly string[] | undefined;
  /** An API key for REST, `SK…`, instead of the auth token. Default: `TWILIO_API_KEY`. */
  readonly apiKeySid?: string | undefined;
  /** The API key's secret. Default: `TWILIO_API_SECRET`. */
  readonly apiKeySecret?: string | undefined;
  /**
   * Your Twilio number in E.164: calls are placed from it. A forwarded call shows it where the caller has no number of their
   * own to show. Default: `TWILIO_PHONE_NUMBER`.
   */
  readonly phoneNumber?: string | undefined;
  /** Address of the REST interface, for a stand-in of Twilio. Default: `TWILIO_API_BASE_URL`, else Twilio's. */
  readonly apiBaseUrl?: string | undefined;
  /** Voice of spoken announcements, as `<Say voice>` takes it: `Polly.Amy-Neural`. Default: Twilio's. */
  readonly announcementVoice?: string | undefined;
  /** Language of spoken announcements, as `<Say language>` takes it: `en-GB`. Default: Twilio's. */
  readonly announcementLanguage?: string | undefined;
  /**
   * How many calls a second the account may place; more are held back here, for Twilio would queue them
   * out of our sight. Default 1, as Twilio's.
   */
  readonly callsPerSecond?: number | undefined;
  /** How long a forwarded call rings at the other number, in ms; default 30,000. */
  readonly forwardTimeoutMs?: number | undefined;
  /** How long one REST request may take, in ms; default 5,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Where absent settings are read; default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The settings as they stand now; empty texts count as absent. */
export interface ResolvedTwilioSettings {
  readonly accountSid: string | undefined;
  readonly authTokens: readonly string[];
  readonly apiKeySid: string | undefined;
  readonly apiKeySecret: string | undefined;
  readonly phoneNumber: string | undefined;
  readonly apiBaseUrl: string | undefined;
}

/** Reads the settings and the environment; done anew for each use, so that nothing is read on creation. */
export function resolveTwilioSettings(settings: TwilioProviderSettings): ResolvedTwilioSettings {
  const environment = settings.environment ?? process.env;
  const read = settingReader(environment);
  const authToken = settings.authToken ?? environment['TWILIO_AUTH_TOKEN'] ?? [];
  const authTokens = typeof authToken === 'string' ? authToken.split(',') : authToken;
  return {
    accountSid: read(settings.accountSid, 'TWILIO_ACCOUNT_SID'),
    authTokens: authTokens.map((token) => token.trim()).filter((token) => token !== ''),
    apiKeySid: read(settings.apiKeySid, 'TWILIO_API_KEY'),
    apiKeySecret: read(settings.apiKeySecret, 'TWILIO_API_SECRET'),
    phoneNumber: read(settings.phoneNumber, 'TWILIO_PHONE_NUMBER'),
    apiBaseUrl: read(settings.apiBaseUrl, 'TWILIO_API_BASE_URL'),
  };
}

/** What is missing or wrong, each by the name that the user knows; holds no value of a setting. */
export function twilioSettingsProblems(settings: ResolvedTwilioSettings): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const add = (setting: string, problem: string): void => void problems.push({ setting, problem });
  if (settings.accountSid === undefined) {
    add('TWILIO_ACCOUNT_SID', 'is missing; copy the Account SID (AC…) from the Twilio console');
  } else if (!settings.accountSid.startsWith('AC')) {
    add('TWILIO_ACCOUNT_SID', 'must begin with AC; an API key (SK…) belongs to TWILIO_API_KEY');
  }
  if (settings.authTokens.length === 0) {
    add(
      'TWILIO_AUTH_TOKEN',
      'is missing; copy it from the Twilio console (webhooks are signed with it, even where REST uses an API key)',
    );
  }
  if (settings.apiKeySid !== undefined && settings.apiKeySecret === undefined) {
    add('TWILIO_API_SECRET', 'is missing; it belongs to TWILIO_API_KEY');
  }
  if (settings.apiKeySecret !== undefined && settings.apiKeySid === undefined) {
    add('TWILIO_API_KEY', 'is missing; it belongs to TWILIO_API_SECRET');
  }
  if (settings.phoneNumber !== undefined && !isPhoneNumber(settings.phoneNumber)) {
    add('TWILIO_PHONE_NUMBER', 'must be in E.164: a plus, the country code, digits only');
  }
  if (settings.apiBaseUrl !== undefined && !isHttpUrl(settings.apiBaseUrl)) {
    add('TWILIO_API_BASE_URL', 'must be an http or https address; leave it out to use Twilio');
  }
  return problems;
}

/**
 * The number that another phone is to be shown for a caller; undefined: the caller's own, which Twilio
 * shows by itself. Where there is none, it needs one of the account's.
 */
export function shownNumber(
  settings: TwilioProviderSettings,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): string | undefined {
  if (canBeShown(from)) return undefined;
  const own = resolveTwilioSettings(settings).phoneNumber;
  return own ?? (canBeShown(to) ? to : undefined);
}

function canBeShown(value: string | undefined): boolean {
  return value !== undefined && /^\+\d{3,15}$/.test(value);
}
