import { readArguments, UsageError } from './arguments.ts';

test('everything that can be said is read', () => {
  expect(
    readArguments(
      [
        'call',
        'http://127.0.0.1:8000',
        ...[
          '--audio',
          'a.wav',
          '--record',
          'b.wav',
          '--from',
          '+1',
          '--to',
          '+2',
          '--digits',
          '1#',
        ],
        ...['--hang-up-after-ms', '1500', '--auth-token', 't', '--account-sid', 'AC1'],
        ...['--public-url', 'https://a.test', '--api-port', '9000'],
        ...['--provider', 'telnyx', '--private-key', 'p', '--api-key', 'k', '--codec', 'pcma'],
      ],
      {},
    ),
  ).toEqual({
    url: 'http://127.0.0.1:8000',
    audioPath: 'a.wav',
    recordPath: 'b.wav',
    from: '+1',
    to: '+2',
    digits: '1#',
    hangUpAfterMs: 1_500,
    provider: 'telnyx',
    authToken: 't',
    accountSid: 'AC1',
    privateKey: 'p',
    apiKey: 'k',
    codec: 'PCMA',
    publicUrl: 'https://a.test',
    apiPort: 9_000,
  });
});

test('credentials come from the environment too, and a flag wins', () => {
  const environment = { TWILIO_AUTH_TOKEN: 'env', TWILIO_ACCOUNT_SID: 'AC2' };
  expect(readArguments(['call', 'http://a.test'], environment)).toMatchObject({
    authToken: 'env',
    accountSid: 'AC2',
  });
  expect(readArguments(['call', 'http://a.test', '--auth-token', 'x'], environment)).toMatchObject({
    authToken: 'x',
  });
});

test('help is help wherever it stands', () => {
  expect(readArguments(['--help'], {})).toBe('help');
  expect(readArguments(['call', '-h'], {})).toBe('help');
});

test.each([
  [[]],
  [['dial', 'http://a.test']],
  [['call']],
  [['call', '127.0.0.1:8000']],
  [['call', 'http://a.test', 'more']],
  [['call', 'http://a.test', '--unknown']],
  [['call', 'http://a.test', '--digits', 'abc']],
  [['call', 'http://a.test', '--hang-up-after-ms', '1.5']],
  [['call', 'http://a.test', '--hang-up-after-ms', '']],
  [['call', 'http://a.test', '--api-port', '70000']],
  [['call', 'http://a.test', '--provider', 'pigeon']],
  [['call', 'http://a.test', '--codec', 'MP3']],
  [['telnyx-keys', 'more']],
])('%j is wrong usage', (args) => {
  expect(() => readArguments(args, {})).toThrow(UsageError);
});
