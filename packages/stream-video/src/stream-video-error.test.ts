import { inspect } from 'node:util';
import { PhoneAgentError } from '@phone-agents/core';
import { toStreamVideoError } from './stream-video-error.ts';

/** Errors as Stream's two SDKs throw them. */
function restError(status: number, code: number, message = 'no'): Error {
  return Object.assign(new Error(message), { code, metadata: { responseCode: status } });
}

function clientError(status: number, code: number, message = 'no'): Error {
  return Object.assign(new Error(message), { code, status });
}

function socketError(code: number, isWSFailure = false): Error {
  return new Error(JSON.stringify({ code, StatusCode: 401, message: 'no', isWSFailure }));
}

function mediaError(code: number): Error {
  return Object.assign(new Error('Join Error'), { errorEvent: { error: { code } } });
}

test.each<[string, unknown, string]>([
  ['a key that is not known', restError(401, 2), 'stream_unauthorized'],
  ['a wrong secret', restError(401, 43), 'stream_unauthorized'],
  ['a wrong secret, told over the socket', socketError(43), 'stream_unauthorized'],
  ['a token that has expired', clientError(401, 40), 'stream_token_expired'],
  ['a token that has expired, told over the socket', socketError(40), 'stream_token_expired'],
  ['a token that is not valid yet', clientError(401, 41), 'stream_token_expired'],
  ['a user that may not', clientError(403, 17), 'stream_permission_denied'],
  ['too many requests', restError(429, 9), 'stream_rate_limited'],
  ['a full call', mediaError(301), 'stream_call_full'],
  ['full media servers', mediaError(700), 'stream_call_full'],
  ['a call that is not there any more', mediaError(300), 'edge_call_ended'],
  ['a call that has ended', clientError(403, 17, 'the call has ended'), 'edge_call_ended'],
  ['an answer with another code', clientError(400, 4), 'stream_request_failed'],
  ['an answer of 500', restError(500, -1), 'stream_request_failed'],
  ['no answer over the socket', socketError(0, true), 'stream_unreachable'],
  [
    'no network',
    Object.assign(new Error('fetch failed'), { code: 'ECONNREFUSED' }),
    'stream_unreachable',
  ],
  [
    'no network, as the server SDK words it',
    Object.assign(new Error('failed'), { metadata: {}, code: new TypeError('x') }),
    'stream_unreachable',
  ],
  ['something that is no error', 'no', 'stream_unreachable'],
])('%s has its own code, and says what to do', (_what, cause, code) => {
  const error = toStreamVideoError(cause);
  expect(PhoneAgentError.isInstance(error)).toBe(true);
  expect(error.code).toBe(code);
  expect(error.cause).toBeInstanceOf(Error);
  expect(error.message.length).toBeGreaterThan(20);
});

test('what has a type of ours already keeps it', () => {
  const error = new PhoneAgentError('edge_user_exists', 'There already.');
  expect(toStreamVideoError(error)).toBe(error);
});

test('keeps what Stream said, and nothing of the request with its token', () => {
  const cause = Object.assign(clientError(401, 40, 'the token has expired'), {
    response: { config: { headers: { Authorization: 'a-token' } } },
  });
  const error = toStreamVideoError(cause);
  expect(error.cause).toMatchObject({ message: 'the token has expired', code: 40, status: 401 });
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('a-token');
});
