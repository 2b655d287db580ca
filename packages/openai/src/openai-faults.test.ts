import { ManualClock } from '@phone-agents/core/testing';
import { OpenAIRealtimeError } from './openai-error.ts';
import { RealtimeCall, toneSpeech, until } from './test-support/realtime-call.ts';
import type { OpenAIRealtimeStandIn } from './testing/index.ts';
import { createOpenAIRealtimeStandIn } from './testing/index.ts';

let standIn: OpenAIRealtimeStandIn;

beforeEach(async () => {
  standIn = await createOpenAIRealtimeStandIn(toneSpeech);
});

afterEach(() => standIn.close());

const QUOTA = {
  type: 'insufficient_quota',
  code: 'insufficient_quota',
  message: 'You exceeded your current quota.',
};

test.each([
  [401, 'invalid_api_key', 'openai_unauthorized', /OPENAI_API_KEY/],
  [429, 'insufficient_quota', 'openai_quota_exceeded', /credit/],
  [404, 'model_not_found', 'openai_request_rejected', /model/],
])('a refusal with %i %s is told at once as %s', async (status, reason, code, advice) => {
  standIn.refuse({ status, type: 'x', code: reason, message: 'because', times: 5 });
  const connected = RealtimeCall.connect(standIn);
  await expect(connected).rejects.toBeInstanceOf(OpenAIRealtimeError);
  await expect(connected).rejects.toMatchObject({ code, status, reason });
  await expect(connected).rejects.toThrow(advice);
  await expect(connected).rejects.toThrow(/because/);
});

test('a wrong key is refused, and never shown', async () => {
  const connected = RealtimeCall.connect(standIn, { apiKey: 'sk-proj-a-secret' });
  await expect(connected).rejects.toMatchObject({ code: 'openai_unauthorized' });
  await expect(connected).rejects.not.toThrow(/a-secret/);
});

test('a fault of OpenAI is tried again, and only so often', async () => {
  const fault = { status: 503, type: 'server_error', code: 'overloaded', message: 'busy' };
  standIn.refuse({ ...fault, times: 2 });
  const call = await RealtimeCall.connect(standIn);
  await call.connection.close();
  standIn.refuse({ ...fault, times: 2 });
  await expect(RealtimeCall.connect(standIn, { maxReconnects: 1 })).rejects.toMatchObject({
    code: 'openai_unavailable',
  });
});

test('where nobody listens it says that OpenAI cannot be reached', async () => {
  await standIn.close();
  await expect(RealtimeCall.connect(standIn, { maxReconnects: 0 })).rejects.toMatchObject({
    code: 'openai_unreachable',
  });
});

test('aborting gives up connecting, and closes a connection', async () => {
  const controller = new AbortController();
  controller.abort(new Error('the call has ended'));
  const { signal } = controller;
  await expect(RealtimeCall.connect(standIn, {}, { signal })).rejects.toThrow('the call has ended');
  const second = new AbortController();
  const clock = new ManualClock();
  await RealtimeCall.connect(standIn, {}, { signal: second.signal, clock });
  second.abort();
  await until(() => standIn.sessions.every(({ isOpen }) => !isOpen));
  await until(() => clock.timerCount === 0);
});

test('a dropped connection is opened anew with what was said, and loses no audio', async () => {
  const history = [
    { role: 'agent', text: 'Hello there.' },
    { role: 'caller', text: 'Good morning.' },
  ] as const;
  const call = await RealtimeCall.connect(standIn, {}, { history: () => history });
  call.say('first');
  await call.event('turn-ended');
  standIn.sessions[0]!.drop();
  await call.event('connection-lost');
  call.say('second');
  await call.event('connection-restored');
  const session = standIn.sessions[1]!;
  const { itemId, inputMs } = await call.event('turn-ended', 2);
  await until(() => session.items.length === 3);
  expect(session.items.map(({ role, text }) => `${role}: ${text}`)).toEqual([
    'assistant: Hello there.',
    'user: Good morning.',
    'user: second',
  ]);
  expect(session.items[2]!.id).toBe(itemId);
  // Behind 300 ms of "first" and 500 ms of silence.
  expect(inputMs).toBeGreaterThan(1_100);
  expect(inputMs).toBeLessThan(1_200);
  expect(call.all('connection-closed')).toEqual([]);
  await call.connection.close();
});

test('a turn that was being said when the connection dropped is heard whole', async () => {
  const call = await RealtimeCall.connect(standIn);
  call.say('before');
  await call.event('caller-transcribed');
  call.say('first', 0);
  await call.event('speech-started', 2);
  standIn.sessions[0]!.drop();
  await call.event('connection-lost');
  call.say('second');
  await call.event('connection-restored');
  const { text } = await call.event('caller-transcribed', 2);
  expect(text).toBe('firstsecond');
  // Behind "before", 500 ms of silence and 11 letters.
  const { inputMs } = await call.event('turn-ended', 2);
  expect(inputMs).toBeGreaterThan(1_400);
  expect(inputMs).toBeLessThan(1_620);
  expect(standIn.sessions[1]!.items.map(({ text: words }) => words)).toEqual(['firstsecond']);
  await call.connection.close();
});

test('a session that has expired is followed by another', async () => {
  const call = await RealtimeCall.connect(standIn);
  standIn.sessions[0]!.close(1001, 'invalid_request_error.session_expired');
  const { error } = await call.event('connection-lost');
  expect(error).toMatchObject({ code: 'openai_session_expired' });
  await call.event('connection-restored');
  await call.connection.close();
});

test('a connection that cannot be opened anew ends with the reason', async () => {
  const call = await RealtimeCall.connect(standIn);
  standIn.refuse({ status: 429, ...QUOTA });
  standIn.sessions[0]!.drop();
  const { error } = await call.event('connection-closed');
  expect(error).toMatchObject({ code: 'openai_quota_exceeded' });
  call.say('nobody hears this');
  call.connection.respond();
  expect(standIn.sessions).toHaveLength(1);
});

test('a quota that is used up in the middle of a call ends the conversation with the reason', async () => {
  const call = await RealtimeCall.connect(standIn);
  standIn.failResponse(QUOTA);
  call.connection.respond();
  const ended = await call.event('response-ended');
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'openai_quota_exceeded' } });
  const { error } = await call.event('connection-closed');
  expect(error).toMatchObject({ code: 'openai_quota_exceeded' });
  await until(() => !standIn.sessions[0]!.isOpen);
});

test('an answer that fails for a moment leaves the conversation open', async () => {
  const call = await RealtimeCall.connect(standIn);
  standIn.failResponse({ type: 'server_error', code: 'server_error', message: 'Try again.' });
  call.connection.respond();
  expect(await call.event('response-ended')).toMatchObject({
    status: 'failed',
    error: { code: 'openai_unavailable' },
  });
  call.connection.respond({ instructions: 'Say exactly this: Again.' });
  await call.event('response-ended', 2);
  expect(call.heard).toBe('Again.');
  await call.connection.close();
});

test('faults that concern one event, and messages that are none, change nothing', async () => {
  const warnings: unknown[] = [];
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (fields: unknown) => warnings.push(fields),
  };
  const call = await RealtimeCall.connect(standIn, {}, { logger });
  const session = standIn.sessions[0]!;
  session.sendText('{"type":');
  session.sendText('null');
  session.send({ type: 'something.new' });
  session.send({ type: 'response.output_audio.delta' });
  session.send({ type: 'response.done' });
  session.sendError({ type: 'invalid_request_error', code: 'invalid_value', message: 'No.' });
  call.connection.respond({ instructions: 'Say exactly this: Still here.' });
  await call.event('audio-received');
  await until(() => call.heard === 'Still here.');
  expect(warnings).toHaveLength(1);
  expect(standIn.sessions).toHaveLength(1);
  await call.connection.close();
});

test('a line that went dead without a word is noticed', async () => {
  const clock = new ManualClock();
  const call = await RealtimeCall.connect(standIn, {}, { clock });
  standIn.sessions[0]!.stall();
  // At first it is asked, then it has not answered.
  await clock.advance(8_000);
  await call.event('connection-lost');
  await clock.advance(0);
  await call.event('connection-restored');
  await call.connection.close();
  await until(() => clock.timerCount === 0);
});
