import { PUBLIC_KEY } from './test-support/fixtures.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import { resolveTelnyxSettings, telnyxSettingsProblems } from './telnyx-settings.ts';

function problems(settings: TelnyxProviderSettings): string[] {
  const resolved = resolveTelnyxSettings({ environment: {}, ...settings });
  return telnyxSettingsProblems(resolved).map(({ setting }) => setting);
}

const COMPLETE = { apiKey: 'KEY1', publicKey: PUBLIC_KEY };

test('reads what is not given from the environment, and prefers what is given', () => {
  const environment = {
    TELNYX_API_KEY: ' KEY1 ',
    TELNYX_PUBLIC_KEY: PUBLIC_KEY,
    TELNYX_CALL_CONTROL_APP_ID: '1494404757140276705',
    TELNYX_PHONE_NUMBER: '+15005550020',
    TELNYX_API_BASE_URL: 'http://127.0.0.1:1',
  };
  expect(resolveTelnyxSettings({ environment, apiKey: 'KEY2', apiBaseUrl: ' ' })).toEqual({
    apiKey: 'KEY2',
    publicKey: PUBLIC_KEY,
    callControlAppId: '1494404757140276705',
    phoneNumber: '+15005550020',
    apiBaseUrl: 'http://127.0.0.1:1',
  });
});

test('is content with the two keys', () => {
  expect(problems(COMPLETE)).toEqual([]);
});

test('names everything that is missing at once', () => {
  expect(problems({})).toEqual(['TELNYX_API_KEY', 'TELNYX_PUBLIC_KEY']);
});

test.each<[string, TelnyxProviderSettings, string]>([
  ['a public key in PEM', { publicKey: '-----BEGIN PUBLIC KEY-----' }, 'TELNYX_PUBLIC_KEY'],
  ['a public key of 33 bytes', { publicKey: `${'A'.repeat(44)}` }, 'TELNYX_PUBLIC_KEY'],
  ['an application’s name', { callControlAppId: 'my app' }, 'TELNYX_CALL_CONTROL_APP_ID'],
  ['a number that is not E.164', { phoneNumber: '0500 555 0020' }, 'TELNYX_PHONE_NUMBER'],
  ['an address that is none', { apiBaseUrl: 'api.telnyx.test' }, 'TELNYX_API_BASE_URL'],
])('names %s', (_what, settings, setting) => {
  expect(problems({ ...COMPLETE, ...settings })).toEqual([setting]);
});

test('quotes no value', () => {
  const wrong = {
    apiKey: 'api-value',
    publicKey: 'public-value',
    callControlAppId: 'app-value',
    phoneNumber: 'number-value',
    apiBaseUrl: 'url-value',
    environment: {},
  };
  expect(JSON.stringify(telnyxSettingsProblems(resolveTelnyxSettings(wrong)))).not.toContain(
    '-value',
  );
});
