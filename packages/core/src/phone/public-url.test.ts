import { ConfigurationError } from '../errors.ts';
import { parsePublicUrl } from './public-url.ts';

test.each([
  ['a bare host', 'agent.example.com', 'https://agent.example.com', 'wss://agent.example.com'],
  [
    'spaces around',
    '  agent.example.com \n',
    'https://agent.example.com',
    'wss://agent.example.com',
  ],
  [
    'a host with port',
    'agent.example.com:8443',
    'https://agent.example.com:8443',
    'wss://agent.example.com:8443',
  ],
  ['localhost with port', 'localhost:8000', 'https://localhost:8000', 'wss://localhost:8000'],
  ['an IPv4 address', '127.0.0.1:8000', 'https://127.0.0.1:8000', 'wss://127.0.0.1:8000'],
  ['an IPv6 address', 'http://[::1]:8000', 'http://[::1]:8000', 'ws://[::1]:8000'],
  [
    'a path prefix',
    'agent.example.com/phone',
    'https://agent.example.com/phone',
    'wss://agent.example.com/phone',
  ],
  [
    'a long path prefix',
    'https://example.com/a/b/',
    'https://example.com/a/b',
    'wss://example.com/a/b',
  ],
  ['https', 'https://agent.example.com', 'https://agent.example.com', 'wss://agent.example.com'],
  ['http', 'http://agent.example.com', 'http://agent.example.com', 'ws://agent.example.com'],
  ['wss', 'wss://agent.example.com', 'https://agent.example.com', 'wss://agent.example.com'],
  ['ws', 'ws://agent.example.com', 'http://agent.example.com', 'ws://agent.example.com'],
  ['capitals', 'HTTPS://Agent.Example.COM', 'https://agent.example.com', 'wss://agent.example.com'],
  [
    'a slash at the end',
    'https://agent.example.com/',
    'https://agent.example.com',
    'wss://agent.example.com',
  ],
  [
    'many slashes at the end',
    'agent.example.com/phone///',
    'https://agent.example.com/phone',
    'wss://agent.example.com/phone',
  ],
  [
    'its default port',
    'https://agent.example.com:443/',
    'https://agent.example.com',
    'wss://agent.example.com',
  ],
  [
    'a host that begins like a scheme',
    'http.example.com',
    'https://http.example.com',
    'wss://http.example.com',
  ],
  [
    'a host that begins like a socket',
    'wss-agent.example.com',
    'https://wss-agent.example.com',
    'wss://wss-agent.example.com',
  ],
])('%s is understood', (_how, value, base, socketBase) => {
  const url = parsePublicUrl(value);
  expect(url.base).toBe(base);
  expect(url.http('/twilio/voice?x=1')).toBe(`${base}/twilio/voice?x=1`);
  expect(url.websocket('/twilio/media/a/b')).toBe(`${socketBase}/twilio/media/a/b`);
});

test.each([
  ['nothing', ''],
  ['spaces', '   '],
  ['another scheme', 'ftp://agent.example.com'],
  ['a scheme with no host', 'https://'],
  ['words', 'my phone server'],
  ['a script', 'javascript:alert(1)'],
  ['a scheme with no slashes', 'https:agent.example.com'],
  ['a scheme with one slash', 'http:/agent.example.com'],
  ['a line break in the host', 'agent.exa\nmple.com'],
  ['a port that is none', 'agent.example.com:port'],
  ['a port that is too high', 'agent.example.com:70000'],
  ['credentials', 'https://user:secret@agent.example.com'],
  ['a user', 'user@agent.example.com'],
  ['a query', 'https://agent.example.com/?a=b'],
  ['a fragment', 'https://agent.example.com/#top'],
])('%s is refused with the name of the setting', (_what, value) => {
  const parse = (): unknown => parsePublicUrl(value);
  expect(parse).toThrow(ConfigurationError);
  expect(parse).toThrow(/publicUrl/);
});

test('a refusal never repeats credentials', () => {
  expect(() => parsePublicUrl('https://user:s3cr3t@agent.example.com')).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('s3cr3t') as string }),
  );
});
