import type { Logger } from '@phone-agents/core';
import { sdkLogger } from './sdk-logger.ts';

test('tells what went wrong, and nothing of the request with its token', () => {
  const lines: unknown[] = [];
  const line =
    (level: string): Logger['warn'] =>
    (fields, message) =>
      lines.push([level, fields, message]);
  const log = sdkLogger({
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  });
  const error = Object.assign(new Error('no'), {
    code: 40,
    config: { headers: { Authorization: 'a-token' } },
  });
  log('error', 'join failed', error, { status: 401, request: 'a-token' }, 'twice');
  log('warn', 'slow');
  log('info', 'joined');
  expect(lines).toEqual([
    [
      'warn',
      { details: [{ name: 'Error', message: 'no', code: 40 }, { status: 401 }, 'twice'] },
      'Stream: join failed',
    ],
    ['warn', {}, 'Stream: slow'],
    ['debug', {}, 'Stream: joined'],
  ]);
});
