import type { ByteOrder, ConfigurationProblem } from '@phone-agents/core';
import { isHttpUrl, isPhoneNumber, settingReader } from '@phone-agents/core';
import type { TelnyxCodec } from './telnyx-media-stream.ts';
import { publicKeyBytes } from './telnyx-signature.ts';

/** Settings of the Telnyx plugin. What is absent is read from the environment when it is first needed. */
export interface TelnyxProviderSettings {
  /** API key (v2), `KEY…`: opens REST. Default: `TELNYX_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** The account's public key, base64 of 32 bytes: verifies webhooks. Default: `TELNYX_PUBLIC_KEY`. */
  readonly publicKey?: string | undefined;
  /**
   * The Call Control application, which REST calls `connection_id`. Calls that come in need none; calls
   * are placed by it, and it is what `phone-agents-telnyx check` looks at. Default: `TELNYX_CALL_CONTROL_APP_ID`.
   */
  readonly callControlAppId?: string | undefined;
  /**
   * Your Telnyx number in E.164: calls are placed from it. A forwarded call shows it where the caller has no number of their
   * own to show. Default: `TELNYX_PHONE_NUMBER`.
   */
  readonly phoneNumber?: string | undefined;
  /**
   * Address of the REST interface, for a stand-in of Telnyx; `/v2` is added where it has no path.
   * Default: `TELNYX_API_BASE_URL`, else Telnyx's.
   */
  readonly apiBaseUrl?: string | undefined;
  /**
   * How audio goes over the media socket: `PCMU` and `PCMA` at 8 kHz, `L16` at 16 kHz. It is what we
   * send, and what we ask Telnyx to send; what comes is read by what Telnyx says of it. Default `PCMU`.
   */
  readonly codec?: TelnyxCodec | undefined;
  /** Which byte of an L16 sample comes first; a wrong one is heard as noise and warned of. Default `little-endian`. */
  readonly l16ByteOrder?: ByteOrder | undefined;
  /**
   * Demands the header `x-telnyx-streaming-auth-token` at the media socket, beside the token in its
   * path. Streams are then started by a command of their own, for only that sends it. Default false:
   * the header must match where it comes.
   */
  readonly requireStreamAuthHeader?: boolean | undefined;
  /** Voice of spoken announcements, as `speak` takes it. Default `AWS.Polly.Joanna`. */
  readonly announcementVoice?: string | undefined;
  /** Language of spoken announcements, as `speak` takes it: `en-GB`. Default: the voice's. */
  readonly announcementLanguage?: string | undefined;
  /** How many calls a second are placed at most; more wait their turn. Default 1. */
  readonly callsPerSecond?: number | undefined;
  /** How long a forwarded call rings at the other number, in ms, 5,000 to 600,000; default 30,000. */
  readonly forwardTimeoutMs?: number | undefined;
  /** How long one attempt of a REST request may take, in ms; default 5,000. There is one retry. */
  readonly requestTimeoutMs?: number | undefined;
  /** Where absent settings are read; default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The settings as they stand now; empty texts count as absent. */
export interface ResolvedTelnyxSettings {
  readonly apiKey: string | undefined;
  readonly publicKey: string | undefined;
  readonly callControlAppId: string | undefined;
  readonly phoneNumber: string | undefined;
  readonly apiBaseUrl: string | undefined;
}

/** Reads the settings and the environment; done anew for each use, so that nothing is read on creation. */
export function resolveTelnyxSettings(settings: TelnyxProviderSettings): ResolvedTelnyxSettings {
  const read = settingReader(settings.environment);
  return {
    apiKey: read(settings.apiKey, 'TELNYX_API_KEY'),
    publicKey: read(settings.publicKey, 'TELNYX_PUBLIC_KEY'),
    callControlAppId: read(settings.callControlAppId, 'TELNYX_CALL_CONTROL_APP_ID'),
    phoneNumber: read(settings.phoneNumber, 'TELNYX_PHONE_NUMBER'),
    apiBaseUrl: read(settings.apiBaseUrl, 'TELNYX_API_BASE_URL'),
  };
}

/** What is missing or wrong of what REST needs. */
export function telnyxRestProblems(settings: ResolvedTelnyxSettings): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  if (settings.apiKey === undefined) {
    problems.push({
      setting: 'TELNYX_API_KEY',
      problem: 'is missing; make an API key (KEY…) in the Telnyx portal under API Keys',
    });
  }
  if (settings.apiBaseUrl !== undefined && !isHttpUrl(settings.apiBaseUrl)) {
    problems.push({
      setting: 'TELNYX_API_BASE_URL',
      problem: 'must be an http or https address; leave it out to use Telnyx',
    });
  }
  return problems;
}

/** What is missing or wrong, each by the name that the user knows; holds no value of a setting. */
export function telnyxSettingsProblems(settings: ResolvedTelnyxSettings): ConfigurationProblem[] {
  const problems = telnyxRestProblems(settings);
  const add = (setting: string, problem: string): void => void problems.push({ setting, problem });
  if (settings.publicKey === undefined) {
    add(
      'TELNYX_PUBLIC_KEY',
      'is missing; copy the public key from the Telnyx portal under API Keys (webhooks are verified with it)',
    );
  } else if (!publicKeyBytes(settings.publicKey)) {
    add(
      'TELNYX_PUBLIC_KEY',
      'must be 32 bytes in base64 (44 characters), as the Telnyx portal shows it',
    );
  }
  if (settings.callControlAppId !== undefined && !/^\d{1,30}$/.test(settings.callControlAppId)) {
    add(
      'TELNYX_CALL_CONTROL_APP_ID',
      "must be the application's id, digits only, as the Telnyx portal shows it",
    );
  }
  if (settings.phoneNumber !== undefined && !isPhoneNumber(settings.phoneNumber)) {
    add('TELNYX_PHONE_NUMBER', 'must be in E.164: a plus, the country code, digits only');
  }
  return problems;
}
