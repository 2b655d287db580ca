import { inspect } from 'node:util';
import { ConfigurationError, ProviderRequestError } from '@phone-agents/core';
import { restExchanges } from './test-support/fixtures.ts';
import { RestServer } from './test-support/rest-server.ts';
import { TelnyxRest } from './telnyx-rest.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';

const exchanges = restExchanges();
const API_KEY = 'KEY0123456789abcdef';
const CALL = 'v3:aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_aBcDeFgHiJkLmNoPqRsTuVw';
const MEDIA_URL = 'wss://agent.example.test/telnyx/media/c1/one-time-value';
const UUID = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

let server: RestServer;
beforeAll(async () => (server = await RestServer.start()));
beforeEach(() => server.reset());
afterAll(() => server.close());

function rest(settings: TelnyxProviderSettings = {}): TelnyxRest {
  return new TelnyxRest({
    apiKey: API_KEY,
    apiBaseUrl: server.url,
    environment: {},
    ...settings,
  });
}

const refuse = (status: number, code: string, detail = '', headers = {}) => ({
  status,
  headers,
  body: { errors: [{ code, title: 'A title', detail }] },
});

async function failure(promise: Promise<void>): Promise<ProviderRequestError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProviderRequestError);
  return error as ProviderRequestError;
}

/** Everything but the command's id, which is our own. */
function sent(action: string): unknown {
  const { body, path, method } = server.command(action);
  const { command_id, ...rest } = body;
  expect(command_id).toMatch(UUID);
  expect(method).toBe('POST');
  expect(path).toBe(`/v2/calls/${CALL}/actions/${action}`);
  return rest;
}

function sample(name: string, ...without: string[]): unknown {
  const { body } = exchanges[name]!.request;
  return Object.fromEntries(
    Object.entries(body).filter(([key]) => ![...without, 'command_id'].includes(key)),
  );
}

describe('commands are those of Telnyx’s documentation', () => {
  test('answer, with the stream', async () => {
    await rest().answer(CALL, MEDIA_URL);
    expect(sent('answer')).toEqual({
      ...(sample('answer', 'client_state') as object),
      stream_bidirectional_target_legs: 'self',
    });
    expect(server.requests[0]!.headers.authorization).toBe(`Bearer ${API_KEY}`);
  });

  test('answer, without', async () => {
    await rest({ codec: 'L16' }).answer(CALL);
    expect(sent('answer')).toEqual({ send_silence_when_idle: true });
  });

  test('the codec is asked for in both directions', async () => {
    await rest({ codec: 'PCMA' }).answer(CALL, MEDIA_URL);
    expect(sent('answer')).toMatchObject({
      stream_codec: 'PCMA',
      stream_bidirectional_codec: 'PCMA',
    });
  });

  test('streaming_start, with the rate and the token', async () => {
    await rest({ codec: 'L16' }).startStreaming(CALL, MEDIA_URL, 'one-time-value');
    expect(sent('streaming_start')).toEqual(sample('streaming-start', 'custom_parameters'));
  });

  test('reject', async () => {
    await rest().reject(CALL, 'busy');
    expect(sent('reject')).toEqual({ cause: 'USER_BUSY' });
    server.reset();
    await rest().reject(CALL, 'rejected');
    expect(sent('reject')).toEqual({ cause: 'CALL_REJECTED' });
  });

  test('hangup', async () => {
    await rest().hangUp(CALL);
    expect(sent('hangup')).toEqual(sample('hangup'));
  });

  test('speak, no more than Telnyx takes', async () => {
    await rest().speak(CALL, 'x'.repeat(4000));
    expect(sent('speak')).toEqual({
      payload: 'x'.repeat(3000),
      payload_type: 'text',
      voice: 'AWS.Polly.Joanna',
    });
    server.reset();
    const announcementVoice = 'AWS.Polly.Amy-Neural';
    await rest({ announcementVoice, announcementLanguage: 'en-GB' }).speak(CALL, 'Ä & b');
    expect(sent('speak')).toMatchObject({
      payload: 'Ä & b',
      voice: announcementVoice,
      language: 'en-GB',
    });
  });

  test('transfer', async () => {
    const { to, from } = exchanges['transfer']!.request.body as { to: string; from: string };
    const targetLegClientState = 'eyJsZWciOiJ0cmFuc2ZlciJ9';
    await rest({ forwardTimeoutMs: 20_000 }).transfer(CALL, { to, from, targetLegClientState });
    expect(sent('transfer')).toEqual(sample('transfer'));
  });
});

describe('no command is carried out twice', () => {
  test('an id is the same for the same command, and another for any other', async () => {
    const one = rest();
    await one.hangUp(CALL);
    await rest().hangUp(CALL);
    await one.hangUp('v3:other');
    await one.answer(CALL);
    await one.startStreaming(CALL, MEDIA_URL, undefined);
    await one.startStreaming(CALL, `${MEDIA_URL}2`, undefined);
    const ids = server.requests.map(({ body }) => body['command_id']);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(5);
    expect(server.commands).toHaveLength(5);
  });

  test.each(['hang', 'break'] as const)(
    'what was carried out but not confirmed (%s) is asked again under the same id',
    async (answer) => {
      let isFirst = true;
      server.respond = () => {
        const now = isFirst ? answer : undefined;
        isFirst = false;
        return now;
      };
      await rest({ requestTimeoutMs: 200 }).answer(CALL, MEDIA_URL);
      expect(server.requests).toHaveLength(2);
      expect(server.commands).toEqual(['answer']);
    },
  );

  test.each([
    ['hang', undefined],
    ['break', undefined],
    [refuse(500, '10007'), 500],
    [refuse(503, '10007'), 503],
    [refuse(429, '10011'), 429],
  ] as const)('two attempts, and no more: %j', async (answer, status) => {
    server.respond = () => answer;
    const thrown = await failure(rest({ requestTimeoutMs: 100 }).answer(CALL, MEDIA_URL));
    expect(thrown.status).toBe(status);
    expect(server.requests).toHaveLength(2);
    expect(new Set(server.requests.map(({ body }) => body['command_id'])).size).toBe(1);
  });

  test.each([
    refuse(401, '10009'),
    refuse(422, '90034'),
    refuse(400, '10015'),
    refuse(429, '10011', '', { 'retry-after': '30' }),
    refuse(503, '10007', '', { 'retry-after': 'Sun, 22 Nov 2026 10:00:00 GMT' }),
  ])('one attempt where another would not help, or come too late: %j', async (answer) => {
    server.respond = () => answer;
    await failure(rest().answer(CALL, MEDIA_URL));
    expect(server.requests).toHaveLength(1);
    expect(server.commands).toEqual([]);
  });
});

describe('a call that is gone already', () => {
  const ended = exchanges['error-ended']!.response;

  test.each([ended, { status: 404, body: 'not json' }, refuse(404, '10005'), refuse(422, '90015')])(
    'counts as hung up and as declined: %j',
    async (answer) => {
      server.respond = () => answer;
      await rest().hangUp(CALL);
      await rest().reject(CALL, 'busy');
      expect(server.requests).toHaveLength(2);
    },
  );

  test('is an error for whoever wants to do something with it', async () => {
    server.respond = () => ended;
    const thrown = await failure(rest().answer(CALL));
    expect(thrown).toMatchObject({ status: 422, providerCode: '90018' });
  });
});

describe('a refusal becomes an error that says what to do', () => {
  test.each([
    [exchanges['error-auth']!.response, 401, '10009', /TELNYX_API_KEY/],
    [exchanges['error-e164']!.response, 422, '10016', /E\.164/],
    [refuse(403, '10010'), 403, '10010', /TELNYX_API_KEY/],
    [refuse(429, '10011'), 429, '10011', /[Tt]ry again in a moment/],
    [refuse(422, '90045'), 422, '90045', /media stream .* already/],
    [refuse(422, '99999'), 422, '99999', /Telnyx portal/],
    [{ status: 502, body: '<html>busy</html>' }, 502, undefined, /[Tt]ry again in a moment/],
  ])('%j', async (answer, status, providerCode, advice) => {
    server.respond = () => answer;
    const thrown = await failure(rest().hangUp(CALL));
    expect(thrown).toMatchObject({ code: 'provider_request_failed', status, providerCode });
    expect(thrown.message).toMatch(advice);
    expect(thrown.message).toMatch(/^Telnyx did not hang up: /);
  });

  test('nobody listens there', async () => {
    const gone = await RestServer.start();
    const apiBaseUrl = gone.url;
    await gone.close();
    const thrown = await failure(rest({ apiBaseUrl }).hangUp(CALL));
    expect(thrown.status).toBeUndefined();
    expect(thrown.message).toMatch(/could not be reached in time \(ECONNREFUSED\)/);
    expect(thrown.message).toContain('TELNYX_API_BASE_URL');
  });

  test('an answer that does not come', async () => {
    server.respond = () => 'hang';
    const thrown = await failure(rest({ requestTimeoutMs: 50 }).hangUp(CALL));
    expect(thrown.status).toBeUndefined();
    expect(thrown.message).toMatch(/could not be reached in time/);
  });

  test('no key, no number and no stream address is in it, however it is printed', async () => {
    const detail = `The number +15005550010 (15005550010) of ${MEDIA_URL} is invalid.`;
    server.respond = () => refuse(422, '10016', detail);
    const refused = await failure(rest().startStreaming(CALL, MEDIA_URL, 'one-time-value'));
    server.respond = () => 'break';
    const broken = await failure(rest().answer(CALL, MEDIA_URL));
    for (const thrown of [refused, broken]) {
      const printed = inspect(thrown, { depth: 10, showHidden: true });
      expect(printed).not.toMatch(/5005550010|one-time-value|KEY0123456789abcdef/);
    }
  });
});

test('the address of a stand-in may have its version or not', async () => {
  for (const apiBaseUrl of [
    server.url,
    `${server.url}/`,
    `${server.url}/v2`,
    `${server.url}/v2/`,
  ]) {
    await rest({ apiBaseUrl }).hangUp(CALL);
  }
  expect(new Set(server.requests.map(({ path }) => path))).toEqual(
    new Set([`/v2/calls/${CALL}/actions/hangup`]),
  );
});

test('names what is missing, and works once it is there', async () => {
  const environment: Record<string, string> = {};
  const lazy = new TelnyxRest({ environment });
  const thrown: unknown = await lazy.hangUp(CALL).catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(ConfigurationError);
  expect((thrown as ConfigurationError).problems.map(({ setting }) => setting)).toEqual([
    'TELNYX_API_KEY',
  ]);
  environment['TELNYX_API_KEY'] = API_KEY;
  environment['TELNYX_API_BASE_URL'] = server.url;
  await lazy.hangUp(CALL);
  expect(server.commands).toEqual(['hangup']);
});
