import { ConfigurationError } from '@phone-agents/core';
import { ServerAddress } from './server-address.ts';

test('a base address gets the usual webhook paths', () => {
  const address = new ServerAddress({ webhookUrl: 'http://127.0.0.1:8000' });
  expect(address.voiceUrl).toBe('http://127.0.0.1:8000/twilio/voice');
  expect(address.statusCallbackUrl).toBe('http://127.0.0.1:8000/twilio/status');
  expect(address.toNetwork('ws://127.0.0.1:8000/m')).toBe('ws://127.0.0.1:8000/m');
});

test('a voice webhook of its own is taken as it is, overrides included, without a status callback', () => {
  const address = new ServerAddress({ webhookUrl: 'https://a.test/hook?x=1#rc=2&rp=all' });
  expect(address.voiceUrl).toBe('https://a.test/hook?x=1#rc=2&rp=all');
  expect(address.statusCallbackUrl).toBeUndefined();
});

test('what the server believes is found where the server is', () => {
  const address = new ServerAddress({
    webhookUrl: 'http://127.0.0.1:8000',
    statusCallbackUrl: 'http://127.0.0.1:8000/s',
    publicUrl: 'https://agent.test/phone',
  });
  expect(address.voiceUrl).toBe('https://agent.test/phone/twilio/voice');
  expect(address.statusCallbackUrl).toBe('https://agent.test/phone/s');
  expect(address.toNetwork('https://agent.test/phone/twilio/voice?a=1')).toBe(
    'http://127.0.0.1:8000/twilio/voice?a=1',
  );
  expect(address.toNetwork('wss://agent.test/phone/m')).toBe('ws://127.0.0.1:8000/m');
  expect(address.toNetwork('wss://agent.test/phones/m')).toBe('wss://agent.test/phones/m');
  expect(address.toNetwork('https://other.test/x')).toBe('https://other.test/x');
});

test.each(['', 'agent.test', 'ftp://a.test/'])('the webhook URL "%s" is refused', (webhookUrl) => {
  expect(() => new ServerAddress({ webhookUrl })).toThrow(ConfigurationError);
});
