import { inspect } from 'node:util';
import { ConfigurationError, ProviderRequestError } from '@phone-agents/core';
import { readFixture } from './test-support/fixtures.ts';
import { RestServer } from './test-support/rest-server.ts';
import { TwimlError } from './twilio-error.ts';
import { TwilioRest } from './twilio-rest.ts';
import type { TwilioProviderSettings } from './twilio-settings.ts';

const { errors, updated } = readFixture<{
  errors: { status: number; body: { code: number; message: string } }[];
  updated: object;
}>('rest');
const ACCOUNT_SID = 'AC00112233445566778899aabbccddeeff';
const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';
const CALL_SID = 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const CALL_PATH = `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${CALL_SID}.json`;

let server: RestServer;
beforeAll(async () => (server = await RestServer.start()));
beforeEach(() => {
  server.requests.length = 0;
  server.answer = { status: 200, body: updated };
});
afterAll(() => server.close());

function rest(settings: TwilioProviderSettings = {}): TwilioRest {
  const apiBaseUrl = server.url;
  return new TwilioRest({
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    apiBaseUrl,
    environment: {},
    ...settings,
  });
}

async function failure(promise: Promise<void>): Promise<ProviderRequestError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProviderRequestError);
  return error as ProviderRequestError;
}

function error(code: number): (typeof errors)[number] {
  return errors.find(({ body }) => body.code === code)!;
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

test('hangs up by completing the call, with the account’s credentials', async () => {
  await rest().hangUp(CALL_SID);
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    path: CALL_PATH,
    form: { Status: 'completed' },
  });
  expect(server.requests[0]!.headers.authorization).toBe(basic(ACCOUNT_SID, AUTH_TOKEN));
});

test('uses the first of several auth tokens, and an API key where there is one', async () => {
  await rest({ authToken: [AUTH_TOKEN, 'older'] }).hangUp(CALL_SID);
  await rest({ apiKeySid: 'SK1', apiKeySecret: 'key-secret' }).hangUp(CALL_SID);
  const [byToken, byKey] = server.requests;
  expect(byToken!.headers.authorization).toBe(basic(ACCOUNT_SID, AUTH_TOKEN));
  expect(byKey!.headers.authorization).toBe(basic('SK1', 'key-secret'));
  expect(byKey!.path).toBe(CALL_PATH);
});

test('gives a live call new instructions', async () => {
  const twiml = '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Ä &amp; b</Say></Response>';
  await rest().instruct(CALL_SID, twiml);
  expect(server.requests[0]).toMatchObject({ path: CALL_PATH, form: { Twiml: twiml } });
});

test('refuses instructions that Twilio would refuse, without asking', async () => {
  await expect(rest().instruct(CALL_SID, 'x'.repeat(4001))).rejects.toBeInstanceOf(TwimlError);
  expect(server.requests).toEqual([]);
});

describe('a call that is gone already', () => {
  test.each([21220, 20404])('counts as hung up and as told: error %d', async (code) => {
    server.answer = error(code);
    await rest().hangUp(CALL_SID);
    await rest().instruct(CALL_SID, '<Response/>');
    expect(server.requests).toHaveLength(2);
  });

  test('also where the 404 says nothing more', async () => {
    server.answer = { status: 404, body: 'not json' };
    await rest().hangUp(CALL_SID);
  });
});

describe('a refusal becomes an error that says what to do', () => {
  test.each([
    [20003, 401, /TWILIO_AUTH_TOKEN/],
    [20429, 429, /[Tt]ry again in a moment/],
    [21205, 400, /https:\/\/www\.twilio\.com\/docs\/errors\/21205/],
  ])('error %d', async (code, status, advice) => {
    server.answer = error(code);
    const thrown = await failure(rest().hangUp(CALL_SID));
    expect(thrown).toMatchObject({
      code: 'provider_request_failed',
      status,
      providerCode: String(code),
    });
    expect(thrown.message).toMatch(advice);
  });

  test('a fault of Twilio’s, with a page instead of JSON', async () => {
    server.answer = { status: 503, body: '<html>busy</html>' };
    const thrown = await failure(rest().hangUp(CALL_SID));
    expect(thrown).toMatchObject({ status: 503, providerCode: undefined });
  });

  test('a connection that breaks', async () => {
    server.answer = 'break';
    const thrown = await failure(rest().hangUp(CALL_SID));
    expect(thrown.status).toBeUndefined();
    expect(thrown.message).toMatch(/could not be reached/);
  });

  test('an answer that does not come', async () => {
    server.answer = 'hang';
    const thrown = await failure(rest({ requestTimeoutMs: 20 }).hangUp(CALL_SID));
    expect(thrown.status).toBeUndefined();
    expect(thrown.message).toMatch(/in time/);
  });

  test('no credential and no number is in it, however it is printed', async () => {
    server.answer = {
      status: 400,
      body: { ...error(21211).body, message: "Invalid 'To' +15005550010" },
    };
    const refused = await failure(rest().hangUp(CALL_SID));
    server.answer = 'break';
    const broken = await failure(rest().hangUp(CALL_SID));
    for (const thrown of [refused, broken]) {
      const printed = inspect(thrown, { depth: 10, showHidden: true });
      expect(printed).not.toContain(AUTH_TOKEN);
      expect(printed).not.toContain(basic(ACCOUNT_SID, AUTH_TOKEN));
      expect(printed).not.toContain('+15005550010');
    }
  });
});

test('names every missing setting, and works once they are there', async () => {
  const environment: Record<string, string> = {};
  const lazy = new TwilioRest({ environment });
  const thrown: unknown = await lazy.hangUp(CALL_SID).catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(ConfigurationError);
  expect((thrown as ConfigurationError).problems.map(({ setting }) => setting)).toEqual([
    'TWILIO_ACCOUNT_SID',
    'TWILIO_AUTH_TOKEN',
  ]);
  environment['TWILIO_ACCOUNT_SID'] = ACCOUNT_SID;
  environment['TWILIO_AUTH_TOKEN'] = AUTH_TOKEN;
  environment['TWILIO_API_BASE_URL'] = `${server.url}/`;
  await lazy.hangUp(CALL_SID);
  expect(server.requests[0]!.path).toBe(CALL_PATH);
});
