import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { EdgeCall, EdgeConnectionClosed, EdgeParticipant } from '@phone-agents/core';
import { StreamClient } from '@stream-io/node-sdk';
import type { StreamStandin } from '@phone-agents/stream-standin';
import { createStreamStandin } from '@phone-agents/stream-standin';
import { createStreamVideoEdge } from './stream-video-edge.ts';
import type { StreamVideoEdgeOptions } from './stream-video-settings.ts';
import { PhoneStage } from './test-support/phone-stage.ts';
import { Talker, until } from './test-support/talker.ts';

let standin: StreamStandin;

beforeAll(async () => {
  standin = await createStreamStandin();
});

afterEach(() => standin.faults.clear());

afterAll(() => standin.close());

function edge(options: StreamVideoEdgeOptions = {}) {
  const { url: baseUrl, apiKey, apiSecret } = standin;
  return createStreamVideoEdge({ apiKey, apiSecret, baseUrl, environment: {}, ...options });
}

let calls = 0;

function newCall(options?: StreamVideoEdgeOptions): Promise<EdgeCall> {
  return edge(options).createCall({ id: `failure-${++calls}` });
}

/** An address at which nobody listens. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return (error as { readonly code?: unknown } | undefined)?.code;
}

describe('the Stream edge', () => {
  test('names a wrong key, a wrong secret and a network that is not there', async () => {
    expect(await codeOf(newCall({ apiKey: 'wrong' }))).toBe('stream_unauthorized');
    expect(await codeOf(newCall({ apiSecret: 'wrong' }))).toBe('stream_unauthorized');
    expect(await codeOf(newCall({ baseUrl: await deadUrl() }))).toBe('stream_unreachable');
  });

  test('tries again what failed: a call can be made when the network is back', async () => {
    const unlucky = edge({ requestTimeoutMs: 300 });
    const endOutage = standin.faults.startOutage();
    expect(await codeOf(unlucky.createCall({ id: 'later' }))).toBe('stream_unreachable');
    endOutage();
    const call = await unlucky.createCall({ id: 'later' });
    await call.end();
  });

  test.each([
    ['token-expired', 'stream_token_expired'],
    ['call-full', 'stream_call_full'],
    ['server-full', 'stream_call_full'],
    ['rate-limited', 'stream_rate_limited'],
    ['call-ended', 'edge_call_ended'],
    ['internal-error', 'stream_request_failed'],
  ] as const)('names a join that is refused as %s', async (kind, code) => {
    const call = await newCall();
    standin.faults.refuseJoins(kind);
    expect(await codeOf(call.join({ id: 'phone' }, { sampleRate: 8000 }))).toBe(code);
    expect(standin.participants(`default:${call.id}`)).toEqual([]);
    standin.faults.clear();
    const talker = await Talker.join(call, 'phone', 440);
    await talker.leave();
    await call.end();
  });

  test('does not join a call that has ended elsewhere', async () => {
    const call = await newCall();
    standin.endCall(`default:${call.id}`);
    expect(await codeOf(call.join({ id: 'phone' }, { sampleRate: 8000 }))).toBe('edge_call_ended');
  });

  test('refuses an id that Stream does not take', async () => {
    const call = await newCall();
    const join = call.join({ id: '+15005550010' }, { sampleRate: 8000 });
    expect(await codeOf(join)).toBe('edge_user_invalid');
    await call.end();
  });

  test('tells everybody when the call is ended elsewhere', async () => {
    const call = await newCall();
    const [phone, agent] = [
      await Talker.join(call, 'phone', 440),
      await Talker.join(call, 'a', 1_037),
    ];
    standin.endCall(`default:${call.id}`);
    await until(() => call.signal.aborted, 'the call is over');
    await until(
      () => [phone, agent].every(({ events }) => events.includes('closed call-ended')),
      'both connections are over',
    );
    await Promise.all([phone.leave(), agent.leave()]);
    await call.end();
  });

  test('tells one who is put out of the call, and leaves the others in', async () => {
    const call = await newCall();
    const [phone, agent] = [
      await Talker.join(call, 'phone', 440),
      await Talker.join(call, 'a', 1_037),
    ];
    const { apiKey, apiSecret, url: basePath } = standin;
    const server = new StreamClient(apiKey, apiSecret, { basePath });
    await server.video.call('default', call.id).kickUser({ user_id: 'phone' });
    await until(() => phone.events.includes('closed call-ended'), 'the phone is out');
    await until(() => agent.events.includes('left phone'), 'the agent knows');
    expect(call.signal.aborted).toBe(false);
    await Promise.all([phone.leave(), agent.leave()]);
    await call.end();
  });

  test('gives a connection up that cannot be restored', async () => {
    const call = await newCall();
    const connection = await call.join({ id: 'phone' }, { sampleRate: 8000 });
    const closed = new Promise<EdgeConnectionClosed>((resolve) => {
      connection.on('connection-closed', resolve);
    });
    standin.faults.askToReconnect('DISCONNECT', 'phone');
    const { reason, error } = await closed;
    expect([reason, (error as { code?: unknown }).code]).toEqual([
      'lost',
      'stream_connection_lost',
    ]);
    await connection.leave();
    expect(standin.participants(`default:${call.id}`)).toEqual([]);
    await call.end();
  });

  test('stops trying to restore after the time that it has for that', async () => {
    const call = await newCall({ reconnectTimeoutMs: 1_000, requestTimeoutMs: 1_000 });
    const talker = await Talker.join(call, 'phone', 440);
    standin.faults.startOutage('phone');
    standin.faults.dropMediaSockets('phone');
    await until(() => talker.events.includes('closed lost'), 'the connection is given up', 30_000);
    await talker.leave();
    await call.end();
  });

  test('gives up joining when nobody wants it any more, and leaves nobody behind', async () => {
    const call = await newCall();
    const abort = new AbortController();
    const joining = call.join({ id: 'phone' }, { sampleRate: 8000, signal: abort.signal });
    abort.abort();
    expect(await codeOf(joining)).toBe('edge_join_aborted');
    expect(await codeOf(call.join({ id: 'phone' }, { sampleRate: 8000 }))).toBe('edge_user_exists');
    await until(() => standin.participants(`default:${call.id}`).length === 0, 'nobody is there');
    await call.end();
  });
});

describe('a caller whose agent is on Stream', () => {
  const agent: EdgeParticipant = {
    async join(call, { signal }) {
      const connection = await call.join({ id: 'agent' }, { sampleRate: 16000, signal });
      return { close: () => connection.leave() };
    },
  };

  test.each<[string, () => StreamVideoEdgeOptions | Promise<StreamVideoEdgeOptions>, string]>([
    ['the key is wrong', () => ({ apiSecret: 'wrong' }), 'stream_unauthorized'],
    ['there is no network', async () => ({ baseUrl: await deadUrl() }), 'stream_unreachable'],
    [
      'the token has expired',
      () => {
        standin.faults.refuseJoins('token-expired');
        return {};
      },
      'stream_token_expired',
    ],
    [
      'the call is full',
      () => {
        standin.faults.refuseJoins('call-full');
        return {};
      },
      'stream_call_full',
    ],
    [
      'the call has ended',
      () => {
        standin.faults.refuseJoins('call-ended');
        return {};
      },
      'edge_call_ended',
    ],
  ])('hears an apology and a hang-up where %s', async (_what, options, code) => {
    const stage = await PhoneStage.start(edge(await options()), agent);
    const call = await stage.carrier.placeCall();
    await call.settled;
    expect(call.announcements).toEqual([expect.stringMatching(/sorry/i)]);
    expect(stage.faults).toContainEqual(expect.objectContaining({ code }));
    await stage.close();
  });

  test('hears an apology and a hang-up when the connection is lost for good', async () => {
    const stage = await PhoneStage.start(edge(), agent);
    const call = await stage.carrier.placeCall();
    await call.connected;
    const [phoneCall] = stage.phone.calls.listActive();
    const cid = `default:${phoneCall!.id}`;
    const isPhone = ({ userId }: { readonly userId: string }): boolean =>
      userId.startsWith('phone-');
    await until(() => standin.participants(cid).some(isPhone), 'the phone has joined');
    const { userId } = standin.participants(cid).find(isPhone)!;
    // Until it has joined whole, it would be a join that failed.
    await until(
      () => standin.participants(cid).filter(({ publishesAudio }) => publishesAudio).length === 2,
      'both publish',
    );
    standin.faults.askToReconnect('DISCONNECT', userId);
    await call.settled;
    expect(call.announcements).toEqual([expect.stringMatching(/sorry/i)]);
    expect((await phoneCall!.ended).reason).toBe('edge-failed');
    await stage.close();
    expect(standin.participants(cid)).toEqual([]);
  });
});
