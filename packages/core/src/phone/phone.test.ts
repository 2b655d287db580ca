import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AudioFrame } from '../audio/audio-frame.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type {
  AttachedPhone,
  EdgeCall,
  EdgeParticipant,
  EdgeParticipantContext,
  EdgeParticipantSession,
  EdgeUser,
} from '../edge/edge.ts';
import { createLocalEdge } from '../edge/local-edge.ts';
import type { Logger } from '../logging/logger.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { PhoneMediaStreamOptions } from '../media/phone-media-stream.ts';
import { PhoneMediaStream } from '../media/phone-media-stream.ts';
import type {
  CallAnswer,
  ProviderHost,
  TelephonyProvider,
} from '../provider/telephony-provider.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { Phone } from './phone.ts';
import { createPhone } from './phone.ts';
import { TestMediaSocket } from '../testing/test-media-socket.ts';
import type { PhoneOptions } from './phone-options.ts';
import { routeByCalledNumber } from './call-decision.ts';
import type { WebhookRequest } from './webhook.ts';

const FROM = '+15005550010';
const TO = '+15005550020';

/** Text: `start <call>`, `digit <d>`, `stop`; binary: L16 at 8 kHz; no marks. */
class TestMediaStream extends PhoneMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    super(socket, options, {
      outboundFormat: { encoding: 'L16', sampleRate: 8000, byteOrder: 'little-endian' },
      marks: false,
      reorderFrames: 0,
    });
  }

  protected receive(data: Uint8Array, isBinary: boolean): void {
    if (isBinary) {
      this.receiveMedia(data);
      return;
    }
    const [verb, value = ''] = Buffer.from(data).toString().split(' ');
    if (verb === 'start') {
      const inboundFormat = {
        encoding: 'L16',
        sampleRate: 8000,
        byteOrder: 'little-endian',
      } as const;
      this.receiveStart({ streamId: 's', providerCallId: value, inboundFormat, parameters: {} });
    } else if (verb === 'digit') this.receiveDigit(value);
    else if (verb === 'stop') this.receiveStop();
  }

  protected writeAudio(bytes: Uint8Array): void {
    this.send(bytes);
  }
  protected writeMark(): void {}
  protected writeClear(): void {
    this.send('clear');
  }
}

/** Its webhooks are plain words: `ring`, `ended`, `status <progress>`; `?call=` names the call. */
class TestProvider implements TelephonyProvider {
  readonly name = 'test';
  readonly webhooks = [{ path: '/test/ring', purpose: 'incoming calls' }];
  readonly hungUp: string[] = [];
  readonly announced: string[] = [];
  restFails = false;

  checkSettings(): [] {
    return [];
  }

  async handleWebhook(request: WebhookRequest, host: ProviderHost) {
    const providerCallId = new URLSearchParams(request.query).get('call') ?? '';
    let answer: CallAnswer | undefined;
    if (request.path === '/test/ring') {
      const details = { provider: 'test' };
      const to = new URLSearchParams(request.query).get('to') ?? TO;
      answer = await host.incomingCall({ providerCallId, from: FROM, to, details });
    } else if (request.path === '/test/ended') {
      answer = await host.mediaEnded(providerCallId);
    } else if (request.path === '/test/throw') {
      throw new Error(`secret detail about ${FROM}`);
    } else {
      await host.callStatus({ providerCallId, progress: 'completed', providerCause: '16' });
    }
    return { status: 200, headers: {}, body: JSON.stringify({ ...answer, call: undefined }) };
  }

  verifyMediaUpgrade(): void {}

  createMediaStream(socket: MediaSocket, options: PhoneMediaStreamOptions): PhoneMediaStream {
    return new TestMediaStream(socket, options);
  }

  async hangUp(call: PhoneCall): Promise<void> {
    if (this.restFails) throw new Error('REST is down');
    this.hungUp.push(call.providerCallId ?? '');
  }

  async announceAndHangUp(_call: PhoneCall, text: string): Promise<void> {
    if (this.restFails) throw new Error('REST is down');
    this.announced.push(text);
  }
}

/** A participant that keeps what it hears. */
class Listener implements EdgeParticipant {
  readonly heard: AudioFrame['timestampSamples'][] = [];
  readonly backlog: number[] = [];
  joins = 0;
  closes = 0;
  attached: AttachedPhone | undefined;
  joining: Promise<void> = Promise.resolve();
  /** Who joined after it. */
  readonly others: EdgeUser[] = [];

  async join(edgeCall: EdgeCall, context: EdgeParticipantContext): Promise<EdgeParticipantSession> {
    this.joins++;
    await this.joining;
    const connection = await edgeCall.join(
      { id: 'listener' },
      { sampleRate: 8000, signal: context.signal },
    );
    connection.onAudio((frame) => this.heard.push(frame.timestampSamples));
    connection.on('participant-joined', (user) => this.others.push(user));
    return {
      phoneAttached: (phone) => {
        this.attached = phone;
        this.backlog.push(...phone.backlog.map((frame) => frame.timestampSamples));
      },
      close: async () => {
        this.closes++;
        await connection.leave();
      },
    };
  }
}

class Bench {
  readonly clock = new ManualClock();
  readonly provider = new TestProvider();
  readonly edge = createLocalEdge();
  readonly lines: string[] = [];
  readonly phone: Phone;

  constructor(options: Partial<PhoneOptions> & Pick<PhoneOptions, 'answer'>) {
    const log = (fields: object, message: string): void => {
      this.lines.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    this.phone = createPhone({
      provider: this.provider,
      edge: this.edge,
      clock: this.clock,
      logger,
      publicUrl: 'https://agent.example.com',
      ...options,
    });
  }

  post(path: string): Promise<{ status: number; body: string }> {
    const [pathname = '', query = ''] = path.split('?');
    return this.phone.handleWebhook({
      method: 'POST',
      path: pathname,
      query: `?${query}`,
      headers: {},
      rawBody: new Uint8Array(0),
    });
  }

  async ring(
    id = 'C1',
    to = TO,
  ): Promise<{ action: string; mediaUrl?: string; reason?: string; to?: string; text?: string }> {
    const answer = this.post(`/test/ring?call=${id}&to=${encodeURIComponent(to)}`);
    await this.clock.advance(2_000);
    return JSON.parse((await answer).body) as { action: string };
  }

  async open(mediaUrl: string | undefined, id = 'C1'): Promise<TestMediaSocket> {
    const path = new URL(mediaUrl!).pathname;
    const admission = await this.phone.admitMedia({ path, query: '', headers: {} });
    const socket = new TestMediaSocket();
    admission.accept(socket);
    socket.receive(`start ${id}`);
    await nextTurn();
    return socket;
  }

  /** Everything that a call owned is gone. */
  async expectNothingLeft(): Promise<void> {
    await this.clock.advance(0);
    expect(this.phone.calls.activeCount).toBe(0);
    expect(this.edge.callCount).toBe(0);
    expect(this.clock.timerCount).toBe(0);
  }
}

const FRAME = new Uint8Array(320);

describe('a phone', () => {
  test('answers a call, bridges its audio both ways and ends it when the caller hangs up', async () => {
    const agent = new Listener();
    const bench = new Bench({ answer: agent });
    const answer = await bench.ring();
    expect(answer.action).toBe('stream');
    expect(answer.mediaUrl).toMatch(
      /^wss:\/\/agent\.example\.com\/test\/media\/[0-9a-f]{32}\/[\w-]{43}$/,
    );
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    const socket = await bench.open(answer.mediaUrl);
    expect(call.state).toBe('streaming');
    socket.receive(FRAME, true);
    socket.receive(FRAME, true);
    expect(agent.heard).toEqual([0, 160]);
    socket.receive('stop');
    const end = await call.ended;
    expect(end.reason).toBe('remote-hung-up');
    expect(bench.provider.hungUp).toEqual([]);
    expect(agent.closes).toBe(1);
    await bench.expectNothingLeft();
  });

  test('shows the others the caller’s number masked, or the name that it is told, and an id without it', async () => {
    for (const [phoneName, name] of [
      [undefined, '+•••••••••10'],
      [(call: PhoneCall) => `Caller of ${call.to}`, `Caller of ${TO}`],
    ] as const) {
      const agent = new Listener();
      const bench = new Bench({ answer: agent, phoneName });
      await bench.open((await bench.ring()).mediaUrl);
      expect(agent.others).toEqual([{ id: agent.attached!.userId, name }]);
      expect(agent.others[0]!.id).toMatch(/^phone-[0-9a-f]{12}$/);
      await bench.phone.close();
      await bench.expectNothingLeft();
    }
  });

  test('gives a repeated webhook the same answer and makes no second agent', async () => {
    const agent = new Listener();
    const bench = new Bench({ answer: agent });
    const early = bench.post(`/test/ring?call=C1`);
    const first = await bench.ring();
    const second: unknown = JSON.parse((await early).body);
    const third = await bench.ring();
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(agent.joins).toBe(1);
    await bench.phone.close();
    await bench.expectNothingLeft();
  });

  test('does not revive a call by a late webhook', async () => {
    const agent = new Listener();
    const bench = new Bench({ answer: agent });
    await bench.ring();
    await bench.post('/test/status?call=C1');
    await bench.clock.advance(60_000);
    expect(await bench.ring()).toEqual({ action: 'hang-up' });
    expect(agent.joins).toBe(1);
    await bench.expectNothingLeft();
  });

  test('does not begin a call whose end was reported before its beginning', async () => {
    const agent = new Listener();
    const bench = new Bench({ answer: agent });
    await bench.post('/test/status?call=C1');
    expect(await bench.ring()).toEqual({ action: 'hang-up' });
    expect(agent.joins).toBe(0);
    await bench.expectNothingLeft();
  });

  test('keeps the phone ringing until the agent is ready, and no longer than it may', async () => {
    const agent = new Listener();
    let ready!: () => void;
    agent.joining = new Promise((resolve) => (ready = resolve));
    const bench = new Bench({ answer: agent, ringUntilPreparedMs: 8_000 });
    let answered = false;
    const answer = bench.post('/test/ring?call=C1').then(() => (answered = true));
    await bench.clock.advance(3_000);
    expect(answered).toBe(false);
    ready();
    await answer;
    expect(bench.clock.now()).toBe(3_000);
    const slow = new Listener();
    slow.joining = new Promise(() => {});
    const patient = new Bench({ answer: slow });
    expect((await patient.ring()).action).toBe('stream');
    await bench.phone.close();
    await patient.phone.close();
    await patient.expectNothingLeft();
  });

  test('keeps what the caller says while the agent prepares, and adds no delay to what follows', async () => {
    const agent = new Listener();
    let ready!: () => void;
    agent.joining = new Promise((resolve) => (ready = resolve));
    const bench = new Bench({ answer: agent });
    const { mediaUrl } = await bench.ring();
    const socket = await bench.open(mediaUrl);
    for (let i = 0; i < 150; i++) socket.receive(FRAME, true);
    ready();
    await nextTurn();
    expect(agent.backlog).toEqual(Array.from({ length: 147 }, (_, i) => i * 160));
    expect(agent.heard).toEqual([147 * 160, 148 * 160, 149 * 160]);
    socket.receive(FRAME, true);
    expect(agent.heard.at(-1)).toBe(150 * 160);
    await bench.phone.close();
    await bench.expectNothingLeft();
  });

  test('ends the call with an apology when the agent cannot be prepared', async () => {
    const agent = new Listener();
    agent.joining = Promise.reject(new Error('no model'));
    agent.joining.catch(() => {});
    const errors: unknown[] = [];
    const bench = new Bench({ answer: agent, onError: (error) => errors.push(error) });
    const answer = await bench.ring();
    expect(answer.action).toBe('announce');
    expect(answer.text).toMatch(/sorry/);
    expect(errors).toHaveLength(1);
    await bench.expectNothingLeft();
  });

  test('apologises by the provider when the agent fails to prepare after the answer', async () => {
    const agent = new Listener();
    let fail!: (error: Error) => void;
    agent.joining = new Promise((_resolve, reject) => (fail = reject));
    const bench = new Bench({ answer: agent });
    const { mediaUrl } = await bench.ring();
    const socket = await bench.open(mediaUrl);
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    fail(new Error('no model'));
    expect((await call.ended).reason).toBe('prepare-failed');
    expect(bench.provider.announced).toHaveLength(1);
    expect(socket.closedWith).toBe(1000);
    expect(JSON.parse((await bench.post('/test/ended?call=C1')).body)).toEqual({
      action: 'hang-up',
    });
    await bench.expectNothingLeft();
  });

  test('apologises when the provider asks what is next, where it could not be told before', async () => {
    const agent = new Listener();
    agent.joining = new Promise(() => {});
    const bench = new Bench({ answer: agent, prepareTimeoutMs: 5_000 });
    bench.provider.restFails = true;
    const { mediaUrl } = await bench.ring();
    const socket = await bench.open(mediaUrl);
    await bench.clock.advance(5_000);
    expect(socket.closedWith).toBe(1000);
    const next = JSON.parse((await bench.post('/test/ended?call=C1')).body) as { action: string };
    expect(next.action).toBe('announce');
    await bench.expectNothingLeft();
  });

  test('ends a call whose media never comes', async () => {
    const bench = new Bench({ answer: new Listener(), mediaTimeoutMs: 30_000 });
    await bench.ring();
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    await bench.clock.advance(30_000);
    expect((await call.ended).reason).toBe('media-timeout');
    expect(bench.provider.hungUp).toEqual(['C1']);
    await bench.expectNothingLeft();
  });

  test('opens a lost media stream anew at most twice, and the agent stays', async () => {
    const agent = new Listener();
    const bench = new Bench({ answer: agent });
    let url = (await bench.ring()).mediaUrl;
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    for (let round = 0; round < 2; round++) {
      const socket = await bench.open(url);
      socket.receive(FRAME, true);
      socket.close(1006);
      await nextTurn();
      expect(call.state).toBe('reconnecting');
      const next = JSON.parse((await bench.post('/test/ended?call=C1')).body) as {
        mediaUrl: string;
      };
      expect(next.mediaUrl).not.toBe(url);
      url = next.mediaUrl;
    }
    const socket = await bench.open(url);
    socket.receive(FRAME, true);
    expect(call.state).toBe('streaming');
    expect(agent.heard).toHaveLength(3);
    expect(agent.joins).toBe(1);
    socket.close(1006);
    const last = JSON.parse((await bench.post('/test/ended?call=C1')).body) as { action: string };
    expect(last.action).toBe('hang-up');
    expect((await call.ended).reason).toBe('media-lost');
    await bench.expectNothingLeft();
  });

  test('ends a call whose media is lost and does not come back', async () => {
    const bench = new Bench({ answer: new Listener() });
    const socket = await bench.open((await bench.ring()).mediaUrl);
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    socket.close(1006);
    await bench.clock.advance(10_000);
    expect((await call.ended).reason).toBe('media-lost');
    expect(bench.provider.hungUp).toEqual(['C1']);
    await bench.expectNothingLeft();
  });

  test('opens no second socket with a used token, nor one for another call', async () => {
    const bench = new Bench({ answer: new Listener() });
    const { mediaUrl } = await bench.ring();
    const path = new URL(mediaUrl!).pathname;
    const request = { path, query: '', headers: {} };
    const intruder = new TestMediaSocket();
    (await bench.phone.admitMedia(request)).accept(intruder);
    intruder.receive('start C666');
    await nextTurn();
    expect(intruder.closedWith).toBe(1008);
    const [a, b] = [new TestMediaSocket(), new TestMediaSocket()];
    (await bench.phone.admitMedia(request)).accept(a);
    (await bench.phone.admitMedia(request)).accept(b);
    a.receive('start C1');
    b.receive('start C1');
    await nextTurn();
    expect([a.closedWith, b.closedWith]).toEqual([undefined, 1008]);
    await expect(bench.phone.admitMedia(request)).rejects.toMatchObject({ status: 401 });
    for (const wrong of [
      path.replace('test', 'other'),
      path.replace(/media\/\w{4}/, 'media/0000'),
      '/test/media/a',
      '/',
    ]) {
      await expect(
        bench.phone.admitMedia({ path: wrong, query: '', headers: {} }),
      ).rejects.toMatchObject({ status: 404 });
    }
    const wrongToken = path.replace(/[^/]+$/, 'ünknown');
    await expect(
      bench.phone.admitMedia({ path: wrongToken, query: '', headers: {} }),
    ).rejects.toMatchObject({ status: 401 });
    await bench.phone.close();
    await bench.expectNothingLeft();
  });

  test('closes a socket that waits for its start when the call ends', async () => {
    const bench = new Bench({ answer: new Listener() });
    const path = new URL((await bench.ring()).mediaUrl!).pathname;
    const socket = new TestMediaSocket();
    (await bench.phone.admitMedia({ path, query: '', headers: {} })).accept(socket);
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    await call.hangUp();
    expect(socket.closedWith).toBe(1000);
    await bench.expectNothingLeft();
  });

  test('declines, forwards, announces and routes as the answer function says', async () => {
    const agent = new Listener();
    const bench = new Bench({
      answer: routeByCalledNumber(
        {
          '+15005550021': { reject: 'busy' },
          '+15005550022': { forwardTo: '+15005550030' },
          '+15005550023': { announce: 'We are closed.' },
        },
        agent,
      ),
    });
    expect(await bench.ring('C21', '+15005550021')).toEqual({ action: 'reject', reason: 'busy' });
    expect(await bench.ring('C22', '+15005550022')).toEqual({
      action: 'forward',
      to: '+15005550030',
    });
    expect(await bench.ring('C23', '+15005550023')).toEqual({
      action: 'announce',
      text: 'We are closed.',
    });
    expect(await bench.ring('C21', '+15005550021')).toEqual({ action: 'reject', reason: 'busy' });
    expect((await bench.ring('C24')).action).toBe('stream');
    expect(agent.joins).toBe(1);
    await bench.phone.close();
    await bench.expectNothingLeft();
  });

  test('apologises when the answer function throws or never answers', async () => {
    const bench = new Bench({
      answer: () => {
        throw new Error('database down');
      },
    });
    expect((await bench.ring()).action).toBe('announce');
    await bench.expectNothingLeft();
    const silent = new Bench({ answer: () => new Promise(() => {}) });
    const answer = silent.post('/test/ring?call=C1');
    await silent.clock.advance(10_000);
    expect(JSON.parse((await answer).body)).toMatchObject({ action: 'announce' });
    await silent.expectNothingLeft();
  });

  test('hands the bare audio to a media handler and hangs up when it returns', async () => {
    const digits: string[] = [];
    let finish!: () => void;
    const bench = new Bench({
      answer: {
        async handleMedia(media, call) {
          call.on('digit-received', ({ digit }) => digits.push(digit));
          media.sendAudio(new Int16Array(160).fill(7));
          await new Promise<void>((resolve) => (finish = resolve));
        },
      },
    });
    const socket = await bench.open((await bench.ring()).mediaUrl);
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    expect(socket.sent).toHaveLength(1);
    socket.receive('digit 5');
    expect(digits).toEqual(['5']);
    finish();
    expect((await call.ended).reason).toBe('hung-up');
    expect(bench.provider.hungUp).toEqual(['C1']);
    await bench.expectNothingLeft();
  });

  test('holds its limits: calls at once, calls per caller, longest call', async () => {
    const bench = new Bench({
      answer: new Listener(),
      limits: { maxConcurrentCalls: 1, maxCallsPerCallerPerHour: 2, maxCallDurationMs: 60_000 },
    });
    const socket = await bench.open((await bench.ring('C1')).mediaUrl);
    expect(await bench.ring('C2')).toEqual({ action: 'reject', reason: 'busy' });
    expect(socket.closedWith).toBeUndefined();
    const call = bench.phone.calls.findByProviderCallId('test', 'C1')!;
    await bench.clock.advance(60_000);
    expect((await call.ended).reason).toBe('max-duration-reached');
    expect((await bench.ring('C3')).action).toBe('stream');
    await bench.phone.calls.findByProviderCallId('test', 'C3')!.hangUp();
    expect(await bench.ring('C4')).toEqual({ action: 'reject', reason: 'busy' });
    await bench.clock.advance(3_600_000);
    expect((await bench.ring('C5')).action).toBe('stream');
    await bench.phone.close();
    await bench.expectNothingLeft();
  });

  test('drains: refuses new calls, lets live ones finish, ends those that stay', async () => {
    const bench = new Bench({ answer: new Listener() });
    const first = await bench.open((await bench.ring('C1')).mediaUrl, 'C1');
    await bench.open((await bench.ring('C2')).mediaUrl, 'C2');
    const stays = bench.phone.calls.findByProviderCallId('test', 'C2')!;
    let drained = false;
    const drain = bench.phone.drain({ timeoutMs: 10_000 }).then(() => (drained = true));
    expect(await bench.ring('C3')).toEqual({ action: 'reject', reason: 'busy' });
    first.receive('stop');
    await bench.clock.advance(5_000);
    expect(drained).toBe(false);
    await bench.clock.advance(5_000);
    await drain;
    expect((await stays.ended).reason).toBe('shutdown');
    expect(bench.provider.hungUp).toEqual(['C2']);
    await bench.expectNothingLeft();
  });

  test('tells an HTTP client nothing of a fault and a log no phone number or token', async () => {
    const bench = new Bench({ answer: new Listener() });
    const { mediaUrl } = await bench.ring();
    const response = await bench.post('/test/throw');
    expect(response).toMatchObject({ status: 500, body: 'Internal server error' });
    expect((await bench.post('/other/ring')).status).toBe(404);
    await bench.phone.close();
    const log = bench.lines.join('\n');
    expect(log).toContain('A webhook could not be handled');
    expect(log).not.toContain(FROM);
    expect(log).not.toContain(TO);
    expect(log).not.toContain(mediaUrl!.split('/').at(-1)!);
  });
});
