import { telnyxStage } from '../test-support/carrier-stage.ts';
import { errorCode, type RestReply } from '../test-support/telnyx-test-server.ts';
import type { TelnyxSimulatedCall } from './telnyx-simulated-call.ts';

const stage = telnyxStage();

async function parked(): Promise<TelnyxSimulatedCall> {
  await stage.open();
  stage.server.onCall = () => undefined;
  return stage.carrier.placeCall();
}

async function connected(): Promise<TelnyxSimulatedCall> {
  await stage.open();
  const call = await stage.carrier.placeCall();
  await stage.server.socket();
  return call;
}

const command = (
  call: TelnyxSimulatedCall,
  action: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<RestReply> => stage.server.command(call.providerCallId, action, body);

describe('commands', () => {
  test('are answered before they take effect, and webhooks tell of the effect', async () => {
    const call = await parked();
    const reply = await command(call, 'answer', { client_state: 'YzE=' });
    expect(reply).toMatchObject({ status: 200, body: { data: { result: 'ok' } } });
    expect((await stage.server.event('call.answered')).payload).toMatchObject({
      call_control_id: call.providerCallId,
      client_state: 'YzE=',
    });
    expect(call.state).toBe('answered');
  });

  test('with a command_id that was given in the last 60 s are answered, and not carried out', async () => {
    const call = await connected();
    const speak = { payload: 'Once.', voice: 'female', command_id: 'one' };
    await command(call, 'speak', speak);
    expect(await command(call, 'speak', speak)).toMatchObject({ status: 200 });
    await stage.server.event('call.speak.started');
    await stage.clock.advance(60_000);
    expect(call.announcements).toEqual(['Once.']);
    await command(call, 'speak', speak);
    await stage.clock.advance(10_000);
    expect(call.announcements).toEqual(['Once.', 'Once.']);
  });

  test('that failed may be given again with the same command_id', async () => {
    const call = await parked();
    const speak = { payload: 'Hello.', voice: 'female', command_id: 'one' };
    expect(errorCode(await command(call, 'speak', speak))).toBe('90034');
    await command(call, 'answer');
    await stage.server.event('call.answered');
    await command(call, 'speak', speak);
    await stage.server.event('call.speak.started');
  });

  test.each([
    ['for a call that nobody knows', 'v3:nobody', 'hangup', {}, 422, '90015'],
    ['that is none', undefined, 'dance', {}, 404, '10005'],
    ['before the answer', undefined, 'speak', { payload: 'x', voice: 'y' }, 422, '90034'],
    ['before the answer', undefined, 'streaming_start', { stream_url: 'wss://a' }, 422, '90034'],
    ['without its stream_url', undefined, 'streaming_start', {}, 422, '10004'],
    ['without its cause', undefined, 'reject', {}, 422, '10004'],
    ['with another cause', undefined, 'reject', { cause: 'busy' }, 422, '10032'],
    ['with a codec that is none', undefined, 'answer', wrongCodec(), 422, '10032'],
    [
      'with a stream over plain ws',
      undefined,
      'answer',
      { stream_url: 'ws://a.test' },
      422,
      '10003',
    ],
    [
      'with a client_state that is not base64',
      undefined,
      'answer',
      { client_state: '?' },
      422,
      '90017',
    ],
    ['to a number that is none', undefined, 'transfer', { to: '0123' }, 422, '10016'],
  ] as const)('%s: %s %s %j is %i / %s', async (_, id, action, body, status, code) => {
    const call = await parked();
    const reply = await stage.server.command(id ?? call.providerCallId, action, body);
    expect([reply.status, errorCode(reply)]).toEqual([status, code]);
    const [error] = reply.body['errors'] as Record<string, unknown>[];
    expect(error).toMatchObject({ title: expect.any(String), detail: expect.any(String) });
    expect(call.state).toBe('parked');
  });

  function wrongCodec() {
    return { stream_url: 'wss://a.test', stream_bidirectional_codec: 'pcmu' };
  }

  test('for a call that has ended are 422 / 90018', async () => {
    const call = await connected();
    call.hangUp();
    await call.ended;
    expect(errorCode(await command(call, 'hangup'))).toBe('90018');
  });

  test('for a second stream are 90045, to stop one that is none 90048', async () => {
    const call = await connected();
    const again = await command(call, 'streaming_start', { stream_url: stage.server.mediaUrl });
    expect(errorCode(again)).toBe('90045');
    expect(errorCode(await command(call, 'streaming_stop', { stream_id: 'x' }))).toBe('90048');
    await command(call, 'streaming_stop');
    await stage.server.event('streaming.stopped');
    expect(call.state).toBe('answered');
    expect(errorCode(await command(call, 'streaming_stop'))).toBe('90048');
  });
});

test('a wrong key is 401 / 10009, and changes nothing', async () => {
  const call = await connected();
  const path = `/calls/${call.providerCallId}/actions/hangup`;
  const reply = await stage.server.rest('POST', path, {}, 'KEY-of-another');
  expect([reply.status, errorCode(reply)]).toEqual([401, '10009']);
  expect(stage.carrier.activeCalls).toEqual([call]);
});

test('on command requests are refused: all, or those that are meant; carried out or not', async () => {
  const call = await connected();
  stage.carrier.refuseRestRequests(1);
  const first = await command(call, 'hangup');
  expect([first.status, errorCode(first)]).toEqual([429, '10011']);
  stage.carrier.refuseRestRequests(1, {
    status: 503,
    code: '10007',
    headers: { 'retry-after': '1' },
    carriedOut: true,
    when: ({ path }) => path.endsWith('/hangup'),
  });
  expect((await stage.server.rest('GET', `/calls/${call.providerCallId}`)).status).toBe(200);
  const second = await command(call, 'hangup');
  expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await call.ended).toMatchObject({ by: 'server' });
});

test('the state of a call is told while it lives and afterwards', async () => {
  const call = await connected();
  const read = async () =>
    (await stage.server.rest('GET', `/calls/${call.providerCallId}`)).body['data'];
  expect(await read()).toMatchObject({ is_alive: true, call_leg_id: call.callLegId });
  call.hangUp();
  await call.ended;
  expect(await read()).toMatchObject({ is_alive: false });
  expect((await stage.server.rest('GET', '/calls/v3:nobody')).status).toBe(404);
});

test('a number is led to another application, which then takes its calls, and back', async () => {
  await stage.open();
  stage.server.onCall = () => undefined;
  const created = await stage.server.rest('POST', '/call_control_applications', {
    application_name: 'Other',
    webhook_event_url: `${stage.server.url}/other`,
  });
  const { id } = created.body['data'] as { id: string };
  const [number] = stage.carrier.phoneNumbers;
  await stage.server.rest('PATCH', `/phone_numbers/${number!.id}`, { connection_id: id });
  const rang = async (): Promise<string | undefined> => {
    const call = await stage.carrier.placeCall();
    const count = stage.server.http.requests.length;
    await stage.server.http.until(() => stage.server.http.requests.length > count);
    call.hangUp();
    await call.settled;
    return stage.server.of('call.initiated').at(-1)!.request.url;
  };
  expect(await rang()).toBe('/other');
  const inUse = await stage.server.rest('DELETE', `/call_control_applications/${id}`);
  expect([inUse.status, errorCode(inUse)]).toEqual([422, '10021']);
  await stage.server.rest('PATCH', `/phone_numbers/${number!.id}`, {
    connection_id: stage.carrier.connectionId,
  });
  expect((await stage.server.rest('DELETE', `/call_control_applications/${id}`)).status).toBe(200);
  expect(await rang()).toBe('/telnyx/events');
});

test('numbers, applications and profiles are found by filter, and described', async () => {
  await stage.open();
  const list = async (path: string) =>
    (await stage.server.rest('GET', path)).body['data'] as Record<string, unknown>[];
  const wanted = encodeURIComponent(stage.carrier.to);
  expect(await list(`/phone_numbers?filter[phone_number]=${wanted}`)).toEqual([
    expect.objectContaining({
      phone_number: stage.carrier.to,
      connection_id: stage.carrier.connectionId,
    }),
  ]);
  expect(await list('/phone_numbers?filter[phone_number]=%2B15005550099')).toEqual([]);
  expect(await list('/call_control_applications?page[size]=1')).toHaveLength(1);
  expect(await list('/outbound_voice_profiles')).toEqual([
    expect.objectContaining({ name: 'Default', enabled: true }),
  ]);
});
