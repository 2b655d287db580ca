import { createStreamVideoEdge } from './stream-video-edge.ts';
import type { StreamVideoEdgeOptions } from './stream-video-settings.ts';
import {
  isLoopbackUrl,
  resolveStreamVideoSettings,
  streamVideoSettingsProblems,
} from './stream-video-settings.ts';

const COMPLETE = { apiKey: 'key', apiSecret: 'secret', environment: {} };

function problems(options: StreamVideoEdgeOptions): string[] {
  return createStreamVideoEdge({ environment: {}, ...options })
    .checkSettings()
    .map(({ setting }) => setting);
}

test('reads what is not given from the environment, and prefers what is given', () => {
  const environment = {
    STREAM_API_KEY: ' key ',
    STREAM_API_SECRET: 'secret',
    STREAM_BASE_URL: 'http://127.0.0.1:1/',
  };
  expect(resolveStreamVideoSettings({ environment, apiKey: 'mine', baseUrl: ' ' })).toEqual({
    apiKey: 'mine',
    apiSecret: 'secret',
    baseUrl: 'http://127.0.0.1:1',
    locationHintUrl: 'http://127.0.0.1:1/hint',
  });
});

test('is Stream’s own coordinator without an address', () => {
  const { baseUrl, locationHintUrl } = resolveStreamVideoSettings(COMPLETE);
  expect(baseUrl).toBe('https://video.stream-io-api.com');
  expect(locationHintUrl).toBeUndefined();
});

test('names everything that is missing or wrong at once', () => {
  expect(problems(COMPLETE)).toEqual([]);
  expect(problems({})).toEqual(['STREAM_API_KEY', 'STREAM_API_SECRET']);
  expect(problems({ ...COMPLETE, baseUrl: 'stream.test' })).toEqual(['STREAM_BASE_URL']);
  expect(problems({ ...COMPLETE, baseUrl: 'ftp://stream.test' })).toEqual(['STREAM_BASE_URL']);
});

test('quotes no value', () => {
  const wrong = { apiSecret: ' ', baseUrl: 'url-value', environment: { STREAM_API_KEY: '' } };
  expect(
    JSON.stringify(streamVideoSettingsProblems(resolveStreamVideoSettings(wrong))),
  ).not.toContain('-value');
});

test('refuses times that are not above zero', () => {
  for (const name of ['tokenValidityMs', 'requestTimeoutMs', 'reconnectTimeoutMs']) {
    expect(() => createStreamVideoEdge({ [name]: 0 })).toThrow(RangeError);
  }
});

test.each([
  ['http://127.0.0.1:3000', true],
  ['http://localhost', true],
  ['http://[::1]:3000', true],
  ['https://video.stream-io-api.com', false],
])('%s on this machine: %s', (url, expected) => {
  expect(isLoopbackUrl(url)).toBe(expected);
});

test('a call with settings that are missing is refused with their names', async () => {
  const edge = createStreamVideoEdge({ environment: {} });
  await expect(edge.createCall({ id: 'call' })).rejects.toMatchObject({
    code: 'configuration_invalid',
    problems: [{ setting: 'STREAM_API_KEY' }, { setting: 'STREAM_API_SECRET' }],
  });
});
