import { ConfigurationError } from '@phone-agents/core';
import type { Twilio } from 'twilio';
import type { TwilioProviderSettings } from './twilio-settings.ts';
import { resolveTwilioSettings, twilioSettingsProblems } from './twilio-settings.ts';

const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;

/** The official SDK's client, with what the settings and the environment say now. @throws ConfigurationError */
export async function createTwilioClient(settings: TwilioProviderSettings): Promise<Twilio> {
  const resolved = resolveTwilioSettings(settings);
  const problems = twilioSettingsProblems(resolved);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { accountSid = '', apiKeySid, apiKeySecret, apiBaseUrl, authTokens } = resolved;
  // Not on import, and not for those who use the other parts of this package only.
  const { default: twilio } = await import('twilio');
  const client = twilio(apiKeySid ?? accountSid, apiKeySecret ?? authTokens[0], {
    accountSid,
    timeout: settings.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
  });
  if (apiBaseUrl !== undefined) client.api.baseUrl = apiBaseUrl;
  // The SDK loads this part of itself when it is first named.
  void client.api.v2010;
  return client;
}
