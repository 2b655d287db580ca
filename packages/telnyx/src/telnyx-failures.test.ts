import { ProviderRequestError } from '@phone-agents/core';
import { SubjectTime } from '@phone-agents/core/testing';
import type { TelnyxCarrier, TelnyxRestFilter, TelnyxRestRefusal } from '@phone-agents/simulator';
import type { SimulatedPhone, SimulatedPhoneOptions } from './test-support/simulated-phone.ts';
import { openSimulatedPhone } from './test-support/simulated-phone.ts';

let opened: SimulatedPhone | undefined;

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const listening: SimulatedPhoneOptions['answer'] = {
  handleMedia: (_media, call) => call.ended.then(() => undefined),
};

async function open(answer: SimulatedPhoneOptions['answer'] = listening): Promise<SimulatedPhone> {
  return (opened = await openSimulatedPhone({ answer, settings: { requestTimeoutMs: 500 } }));
}

const command =
  (action: string): TelnyxRestFilter =>
  ({ path }) =>
    path.endsWith(`/actions/${action}`);

/** How one request goes wrong, the first time that it is made. */
type Failure = (carrier: TelnyxCarrier, action: string) => void;

function refused(refusal: Omit<TelnyxRestRefusal, 'when'>): Failure {
  return (carrier, action) => carrier.refuseRestRequests(1, { ...refusal, when: command(action) });
}

/** Failures that may have happened behind Telnyx's back: the command was carried out, or not. */
const PASSING: readonly (readonly [string, Failure])[] = [
  [
    'is carried out, and its answer lost',
    (carrier, action) => carrier.loseRestAnswers(1, command(action)),
  ],
  [
    'is carried out, and answered with 503',
    refused({ status: 503, code: '10007', carriedOut: true }),
  ],
  ['is answered with 500', refused({ status: 500, code: '10007' })],
  [
    'is answered with 429, to try again soon',
    refused({ status: 429, code: '10011', headers: { 'retry-after': '0' } }),
  ],
];

describe.each(PASSING)('a command that at first %s', (_, fail) => {
  test('is carried out once: answer', async () => {
    const { carrier } = await open();
    fail(carrier, 'answer');
    const call = await carrier.placeCall();
    expect(await call.connected).toBe(true);
    // Audio may flow before the command is repeated.
    const answers = () => carrier.restRequests.filter(command('answer'));
    while (answers().length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(new Set(answers().map(({ body }) => body['command_id'])).size).toBe(1);
    expect(call.webhooks.filter(({ eventType }) => eventType === 'call.answered')).toHaveLength(1);
    expect(opened!.errors).toEqual([]);
    call.hangUp();
    await call.settled;
  });

  test('is carried out once: speak, and the hang-up behind it', async () => {
    const { carrier } = await open(() => ({ announce: 'We are closed.' }));
    fail(carrier, 'speak');
    fail(carrier, 'hangup');
    const call = await carrier.placeCall();
    expect(await call.ended).toMatchObject({ by: 'server' });
    expect(call.announcements).toEqual(['We are closed.']);
    expect(opened!.errors).toEqual([]);
  });
});

/** Failures that stay. */
const LASTING: readonly (readonly [string, Failure, RegExp])[] = [
  ['401', (carrier, action) => refuseAll(carrier, action, 401, '10009'), /TELNYX_API_KEY/],
  ['429', (carrier, action) => refuseAll(carrier, action, 429, '10011'), /Try again in a moment/],
  ['503', (carrier, action) => refuseAll(carrier, action, 503, '10007'), /fault of its own/],
  [
    'no answer at all',
    (carrier, action) => carrier.loseRestAnswers(9, command(action)),
    /could not be reached in time/,
  ],
];

function refuseAll(carrier: TelnyxCarrier, action: string, status: number, code: string): void {
  carrier.refuseRestRequests(9, { status, code, when: command(action) });
}

test.each(LASTING)(
  'a hang-up that meets %s is an error that says what to do',
  async (_, fail, advice) => {
    const { carrier, phone, calls, errors } = await open();
    const caller = await carrier.placeCall();
    expect(await caller.connected).toBe(true);
    fail(carrier, 'hangup');
    await calls[0]!.hangUp();
    const find = (): unknown => errors.find((error) => ProviderRequestError.isInstance(error));
    // The call does not wait for a hang-up without an answer; the error comes when that is given up.
    await new SubjectTime(undefined).until(() => find() !== undefined, 'the failure is told');
    const told = find();
    expect(told).toMatchObject({ message: expect.stringMatching(advice) as string });
    expect(phone.calls.activeCount).toBe(0);
    expect(carrier.restRequests.filter(command('hangup')).length).toBeLessThanOrEqual(2);
  },
);

test('a caller who has gone counts as hung up: 422 / 90018 is no error', async () => {
  const { carrier, calls, errors } = await open();
  const caller = await carrier.placeCall();
  expect(await caller.connected).toBe(true);
  carrier.refuseRestRequests(1, { status: 422, code: '90018', when: command('hangup') });
  await calls[0]!.hangUp();
  expect(errors).toEqual([]);
});

test('a call that cannot be answered ends with the reason, and is hung up at Telnyx', async () => {
  const { carrier, calls, errors } = await open();
  refuseAll(carrier, 'answer', 503, '10007');
  const caller = await carrier.placeCall();
  expect(await caller.ended).toMatchObject({ by: 'server' });
  expect((await calls[0]!.ended).reason).toBe('failed');
  expect(errors.some((error) => ProviderRequestError.isInstance(error))).toBe(true);
});
