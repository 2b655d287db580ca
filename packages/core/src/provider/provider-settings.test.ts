import { isHttpUrl, isPhoneNumber, settingReader } from './provider-settings.ts';

test('a setting is what was given, else what the environment has; empty texts count as absent', () => {
  const read = settingReader({ ACME_KEY: ' from-environment ', ACME_EMPTY: '  ' });
  expect(read(' given ', 'ACME_KEY')).toBe('given');
  expect(read(undefined, 'ACME_KEY')).toBe('from-environment');
  expect(read(' ', 'ACME_KEY')).toBe('from-environment');
  expect(read('', 'ACME_EMPTY')).toBeUndefined();
  expect(read(undefined, 'ACME_ABSENT')).toBeUndefined();
});

test('the environment is this process’s, as it is when settings are read', () => {
  process.env['ACME_TEST_KEY'] = 'of-process';
  expect(settingReader()(undefined, 'ACME_TEST_KEY')).toBe('of-process');
  delete process.env['ACME_TEST_KEY'];
  expect(settingReader()(undefined, 'ACME_TEST_KEY')).toBeUndefined();
});

test('phone numbers are in E.164', () => {
  expect(['+15005550006', '+49301234567', '+12345'].filter(isPhoneNumber)).toHaveLength(3);
  const wrong = [
    '15005550006',
    '+05005550006',
    '+1 500 555',
    '+1234',
    '+1234567890123456',
    'me',
    '',
  ];
  expect(wrong.filter(isPhoneNumber)).toEqual([]);
});

test('addresses are http or https', () => {
  expect(['http://127.0.0.1:8000', 'https://a.test/b'].filter(isHttpUrl)).toHaveLength(2);
  expect(['ftp://a.test', 'a.test', '', 'http://'].filter(isHttpUrl)).toEqual([]);
});
