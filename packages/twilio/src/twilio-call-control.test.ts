import type { Phone, PhoneCall } from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import type { RestRequest } from './test-support/rest-server.ts';
import { RestServer } from './test-support/rest-server.ts';
import { TwilioCallControl } from './twilio-call-control.ts';
import { createTwilioProvider } from './twilio-provider.ts';
import { TwilioRest } from './twilio-rest.ts';

const PUBLIC_URL = 'https://agent.example.test/phone';
const ACCOUNT_SID = 'AC00112233445566778899aabbccddeeff';
const CALLER = 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const TARGET = 'CA00000000000000000000000000000000';
const CALLS = `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls`;
const MEDIA_URL = 'wss://agent.example.test/phone/twilio/media/c1/secret';
const SETTINGS = {
  accountSid: ACCOUNT_SID,
  authToken: '0123456789abcdef0123456789abcdef',
  phoneNumber: '+15005550020',
  environment: {},
} as const;

let server: RestServer;
let phone: Phone;
let control: TwilioCallControl;
beforeAll(async () => (server = await RestServer.start()));
afterAll(() => server.close());
beforeEach(() => {
  server.requests.length = 0;
  server.answer = { status: 200, body: { sid: CALLER } };
  const settings = { ...SETTINGS, apiBaseUrl: server.url };
  control = new TwilioCallControl(settings, new TwilioRest(settings));
  phone = createPhone({
    provider: createTwilioProvider(settings),
    answer: () => ({ reject: 'busy' }),
    publicUrl: PUBLIC_URL,
  });
});

const host = () => ({ ...phone, publicUrl: phone.publicUrl }) as never;

async function call(
  providerCallId = CALLER,
  direction: PhoneCall['direction'] = 'inbound',
  from = '+15005550010',
): Promise<PhoneCall> {
  const to = '+15005550099';
  const created = { provider: 'twilio', providerCallId, direction, from, to } as const;
  return (await phone.calls.create(created)).call;
}

const twimlOf = ({ form }: RestRequest): string => form['Twiml'] ?? '';

test('keys are played, and the stream goes on at the address that it is given', async () => {
  const restartMedia = () => Promise.resolve(MEDIA_URL);
  await control.sendDigits({ call: await call(), digits: '12ww3#', restartMedia }, host());
  expect(server.requests[0]).toMatchObject({ method: 'POST', path: `${CALLS}/${CALLER}.json` });
  expect(twimlOf(server.requests[0]!)).toMatch(
    /<Play digits="12ww3#"\/><Connect action="[^"]+\/twilio\/connect-action"><Stream url="wss:[^"]+\/c1\/secret"/,
  );
});

test.each([
  ['an inbound caller', 'inbound', '+15005550010', undefined],
  ['a caller who hides their number', 'inbound', 'anonymous', '+15005550020'],
  ['a call of ours', 'outbound', '+15005550077', '+15005550077'],
] as const)(
  'a transfer of %s shows a number that Twilio takes',
  async (_, direction, from, shown) => {
    const request = { to: '+15005550040', ringTimeoutMs: 20_000, maxDurationMs: 60_000 };
    await control.transfer({ call: await call(CALLER, direction, from), ...request }, host());
    const twiml = twimlOf(server.requests[0]!);
    expect(/callerId="([^"]+)"/.exec(twiml)?.[1]).toBe(shown);
    expect(twiml).toContain('timeout="20" timeLimit="60"');
    expect(twiml).toContain('<Number>+15005550040</Number>');
  },
);

test('two calls meet in one conference, the target first', async () => {
  const [ours, target] = [await call(), await call(TARGET, 'outbound')];
  await control.connectCalls({ call: ours, target });
  expect(server.requests.map(({ path }) => path)).toEqual([
    `${CALLS}/${TARGET}.json`,
    `${CALLS}/${CALLER}.json`,
  ]);
  const [first, second] = server.requests.map(twimlOf);
  expect(first).toContain(`>phone-agents-${ours.id}</Conference>`);
  expect(second).toBe(first);
});

test('a target that is gone leaves the caller as they are', async () => {
  server.answer = { status: 400, body: { code: 21220, message: 'not in progress', status: 400 } };
  const [ours, target] = [await call(), await call(TARGET, 'outbound')];
  await expect(control.connectCalls({ call: ours, target })).rejects.toMatchObject({
    code: 'provider_request_failed',
    providerCode: '21220',
  });
  expect(server.requests).toHaveLength(1);
});

test('a recording is begun with both sides apart, and the one that runs is ended', async () => {
  const ours = await call();
  server.answer = { status: 201, body: { sid: 'RE1' } };
  await control.startRecording(ours, { channels: 'stereo' }, host());
  await control.startRecording(ours, { channels: 'mono' }, host());
  await control.stopRecording(ours);
  expect(server.requests[0]).toMatchObject({
    path: `${CALLS}/${CALLER}/Recordings.json`,
    form: {
      RecordingChannels: 'dual',
      RecordingStatusCallback: `${PUBLIC_URL}/twilio/recording?call=${ours.id}`,
    },
  });
  expect(server.requests[1]!.form['RecordingChannels']).toBe('mono');
  expect(server.requests[2]).toMatchObject({
    path: `${CALLS}/${CALLER}/Recordings/Twilio.CURRENT.json`,
    form: { Status: 'stopped' },
  });
});

test('a stream that was lost is opened anew', async () => {
  await control.resumeMedia(await call(), MEDIA_URL, host());
  expect(twimlOf(server.requests[0]!)).toContain(`<Stream url="${MEDIA_URL}"`);
});
