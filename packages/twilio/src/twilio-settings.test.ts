import type { TwilioProviderSettings } from './twilio-settings.ts';
import { resolveTwilioSettings, twilioSettingsProblems } from './twilio-settings.ts';

function problems(settings: TwilioProviderSettings): string[] {
  const resolved = resolveTwilioSettings({ environment: {}, ...settings });
  return twilioSettingsProblems(resolved).map(({ setting }) => setting);
}

const COMPLETE = { accountSid: 'AC1', authToken: 'secret-token' };

test('reads what is not given from the environment, and prefers what is given', () => {
  const environment = {
    TWILIO_ACCOUNT_SID: 'AC1',
    TWILIO_AUTH_TOKEN: ' new, old ,',
    TWILIO_API_KEY: 'SK1',
    TWILIO_API_SECRET: 'secret',
    TWILIO_PHONE_NUMBER: '+15005550020',
    TWILIO_API_BASE_URL: 'http://127.0.0.1:1',
  };
  expect(resolveTwilioSettings({ environment, accountSid: 'AC2', apiBaseUrl: ' ' })).toEqual({
    accountSid: 'AC2',
    authTokens: ['new', 'old'],
    apiKeySid: 'SK1',
    apiKeySecret: 'secret',
    phoneNumber: '+15005550020',
    apiBaseUrl: 'http://127.0.0.1:1',
  });
});

test('is content with an account and its token', () => {
  expect(problems(COMPLETE)).toEqual([]);
});

test('names everything that is missing at once', () => {
  expect(problems({})).toEqual(['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN']);
  expect(problems({ accountSid: ' ', authToken: ['', ' '] })).toEqual([
    'TWILIO_ACCOUNT_SID',
    'TWILIO_AUTH_TOKEN',
  ]);
});

test.each<[string, TwilioProviderSettings, string]>([
  ['an API key in the account’s place', { accountSid: 'SK1' }, 'TWILIO_ACCOUNT_SID'],
  ['an API key without its secret', { apiKeySid: 'SK1' }, 'TWILIO_API_SECRET'],
  ['a secret without its API key', { apiKeySecret: 'x' }, 'TWILIO_API_KEY'],
  ['a number that is not E.164', { phoneNumber: '0500 555 0020' }, 'TWILIO_PHONE_NUMBER'],
  ['an address that is none', { apiBaseUrl: 'api.twilio.test' }, 'TWILIO_API_BASE_URL'],
])('names %s', (_what, settings, setting) => {
  expect(problems({ ...COMPLETE, ...settings })).toEqual([setting]);
});

test('quotes no value', () => {
  const wrong = {
    accountSid: 'XX-value',
    authToken: 'token-value',
    apiKeySid: 'key-value',
    phoneNumber: 'number-value',
    apiBaseUrl: 'url-value',
    environment: {},
  };
  expect(JSON.stringify(twilioSettingsProblems(resolveTwilioSettings(wrong)))).not.toContain(
    '-value',
  );
});
