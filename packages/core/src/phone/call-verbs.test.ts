import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWav } from '../audio/wav.ts';
import { ProviderRequestError } from '../errors.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { BinaryCall, BinaryCarrier } from '../test-support/binary-carrier.ts';
import type { DialBench, DialBenchOptions } from '../test-support/dial-bench.ts';
import { CALLED, CALLING, createDialBench } from '../test-support/dial-bench.ts';
import type { ProbeSession } from '../testing/probe-agent.ts';
import { ToneEar } from '../testing/tone.ts';
import type { MediaHandler } from './call-decision.ts';

const SALES = '+15005550040';
const refused = new ProviderRequestError('no', { status: 422, providerCode: '1' });

const benches: DialBench[] = [];
const folders: string[] = [];

function bench(options: DialBenchOptions = {}): DialBench {
  const phone = { destinations: { sales: SALES }, ...options.phone };
  const created = createDialBench({ ...options, phone });
  benches.push(created);
  return created;
}

afterEach(async () => {
  for (const { close, clock } of benches.splice(0)) {
    await close();
    expect(clock.timerCount).toBe(0);
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Talk {
  readonly call: PhoneCall;
  readonly line: BinaryCall;
  readonly session: ProbeSession;
}

/** A call that talks with the agent. */
async function talk(stage: DialBench): Promise<Talk> {
  const call = await stage.phone.dial({ to: CALLED, from: CALLING });
  await stage.clock.advance(1_000);
  expect(call.state).toBe('streaming');
  return { call, line: stage.carrier.dialled[0]!, session: stage.agent.sessions[0]! };
}

async function expectTalking(stage: DialBench, { call, line, session }: Talk): Promise<void> {
  const ear = new ToneEar();
  const stop = line.onHeard((frame) => ear.hear(frame));
  session.speak(1_037, 1_000);
  await stage.clock.advance(600);
  expect(ear.hears(1_037)).toBe(true);
  expect(call.state).toBe('streaming');
  session.stopSpeaking();
  stop();
}

test('verbs that cannot be done say why', async () => {
  const stage = bench();
  const call = await stage.phone.dial({ to: CALLED, from: CALLING });
  await stage.clock.advance(0);
  for (const verb of [
    () => call.hold(),
    () => call.resume(),
    () => call.sendDigits('1'),
    () => call.startRecording(),
    () => call.startLocalRecording({ path: 'x.wav' }),
    () => call.transfer('sales'),
    () => call.transfer('sales', { announcement: '1000 100' }),
  ]) {
    await expect(verb()).rejects.toMatchObject({ code: 'call_state' });
  }
  await call.stopLocalRecording();
  await expect(call.sendDigits('12x')).rejects.toThrow(RangeError);
  await expect(call.sendDigits('')).rejects.toThrow(RangeError);
  await stage.clock.advance(1_000);
  for (const name of ['sendDigits', 'startRecording', 'stopRecording', 'transfer', 'lookUp']) {
    Object.defineProperty(stage.provider, name, { value: undefined });
  }
  for (const verb of [
    () => call.sendDigits('1'),
    () => call.startRecording(),
    () => call.stopRecording(),
    () => call.transfer('sales'),
    () => call.lookUp(),
  ]) {
    await expect(verb()).rejects.toMatchObject({ code: 'command_unsupported' });
  }
  await call.end('hung-up');
  await expect(call.hold()).rejects.toMatchObject({ code: 'call_ended' });
});

test('a handler of bare audio holds nobody, and does not survive an interruption', async () => {
  const stage = bench();
  let finish = (): void => {};
  const agent: MediaHandler = { handleMedia: () => new Promise((resolve) => (finish = resolve)) };
  const call = await stage.phone.dial({ to: CALLED, from: CALLING, agent });
  await stage.clock.advance(1_000);
  await expect(call.hold()).rejects.toMatchObject({ code: 'command_unsupported' });
  await expect(call.sendDigits('1')).rejects.toMatchObject({ code: 'command_unsupported' });
  await expect(call.transfer('sales', { announcement: 'x' })).rejects.toMatchObject({
    code: 'call_state',
  });
  finish();
  await stage.clock.advance(100);
  expect(call.endInfo?.reason).toBe('hung-up');
});

describe('digits', () => {
  test('that the provider refuses leave the call as it was', async () => {
    const stage = bench();
    const talking = await talk(stage);
    stage.carrier.command = () => Promise.resolve(422);
    await expect(talking.call.sendDigits('1')).rejects.toThrow(ProviderRequestError);
    delete (stage.carrier as Partial<BinaryCarrier>).command;
    await stage.clock.advance(30_000);
    await expectTalking(stage, talking);
  });

  test('after which no stream comes back end the call as lost', async () => {
    const stage = bench();
    const { call, line } = await talk(stage);
    const command = stage.carrier.command.bind(stage.carrier);
    stage.carrier.command = (id, asked) =>
      asked.action === 'dtmf' ? Promise.resolve(204) : command(id, asked);
    await call.sendDigits('12');
    line.dropMedia = () => {};
    line.loseMedia();
    await stage.clock.advance(100);
    expect(call.state).toBe('reconnecting');
    await stage.clock.advance(20_000);
    expect(call.endInfo?.reason).toBe('media-lost');
  });
});

describe('a transfer', () => {
  test('needs destinations that are numbers', () => {
    expect(() => bench({ phone: { destinations: { sales: '5550040' } } })).toThrow(RangeError);
  });

  test('that is cold and refused leaves the call as it was', async () => {
    const stage = bench();
    const talking = await talk(stage);
    stage.provider.transfer = () => Promise.reject(refused);
    await expect(talking.call.transfer('sales')).rejects.toBe(refused);
    await stage.clock.advance(30_000);
    await expectTalking(stage, talking);
  });

  test('goes on alone: a second one is refused meanwhile, and a new one may follow', async () => {
    const stage = bench();
    const { call } = await talk(stage);
    stage.carrier.setPhone(SALES, { does: 'ring' });
    const first = call.transfer('sales', { announcement: '1000 100', timeoutMs: 2_000 });
    await stage.clock.advance(0);
    await expect(call.transfer('sales')).rejects.toMatchObject({ code: 'call_state' });
    await stage.clock.advance(20_000);
    expect((await first).outcome).toBe('no-answer');
    expect((await call.transfer('sales')).outcome).toBe('transferred');
  });

  test('needs somebody who tells the target', async () => {
    const stage = bench();
    const { call, session } = await talk(stage);
    Object.defineProperty(session, 'createBriefing', { value: undefined });
    await expect(call.transfer('sales', { announcement: 'x' })).rejects.toMatchObject({
      code: 'command_unsupported',
    });
    expect(stage.carrier.dialled).toHaveLength(1);
    const agent = { join: async () => ({ close: async () => {} }) };
    void call.transfer('sales', { announcement: 'x', agent });
    await stage.clock.advance(2_000);
    expect(stage.carrier.dialled).toHaveLength(2);
    expect(stage.carrier.dialled[1]).toMatchObject({ to: SALES });
  });

  test('keeps a caller on hold who was on hold before', async () => {
    const stage = bench();
    const { call } = await talk(stage);
    await call.hold();
    stage.carrier.setPhone(SALES, { does: 'busy' });
    const seen: string[] = [];
    call.on('call-resumed', () => seen.push('resumed'));
    const result = call.transfer('sales', { announcement: '1000 100' });
    await stage.clock.advance(3_000);
    expect((await result).outcome).toBe('busy');
    expect(seen).toEqual([]);
    await call.resume();
    expect(seen).toEqual(['resumed']);
  });

  async function accept(stage: DialBench, call: PhoneCall) {
    const result = call.transfer('sales', { announcement: '1000 60000' });
    await stage.clock.advance(2_000);
    stage.carrier.dialled[1]!.press('1');
    await stage.clock.advance(200);
    return result;
  }

  test('whose connection fails ends the target’s call and brings the caller back', async () => {
    const stage = bench();
    const talking = await talk(stage);
    stage.provider.connectCalls = () => Promise.reject(refused);
    const { outcome } = await accept(stage, talking.call);
    expect(outcome).toBe('failed');
    expect(stage.errors).toContain(refused);
    expect(await stage.carrier.dialled[1]!.ended).toMatchObject({ by: 'server' });
    await expectTalking(stage, talking);
  });

  test('whose connection fails halfway gets the caller’s stream back', async () => {
    const stage = bench();
    const talking = await talk(stage);
    stage.provider.connectCalls = async () => {
      talking.line.loseMedia();
      await new Promise(setImmediate);
      throw refused;
    };
    const { outcome } = await accept(stage, talking.call);
    expect(outcome).toBe('failed');
    await stage.clock.advance(500);
    await expectTalking(stage, talking);
  });

  test('ends with the caller’s call, whatever ends that', async () => {
    const stage = bench();
    const { call } = await talk(stage);
    const result = call.transfer('sales', { announcement: '1000 60000' });
    await stage.clock.advance(2_000);
    void call.end('agent-failed');
    await stage.clock.advance(200);
    expect((await result).outcome).toBe('caller-hung-up');
    expect(await stage.carrier.dialled[1]!.ended).toMatchObject({ by: 'server' });
  });
});

describe('a local recording', () => {
  async function path(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'phone-agents-'));
    folders.push(folder);
    return join(folder, 'call.wav');
  }

  async function stopped(stage: DialBench, call: PhoneCall): Promise<unknown> {
    const finished = new Promise((resolve) =>
      stage.phone.on('recording-finished', ({ recording }) => resolve(recording)),
    );
    await call.stopLocalRecording();
    return finished;
  }

  test('that is stopped is whole, and the call goes on', async () => {
    const stage = bench();
    const talking = await talk(stage);
    const file = await path();
    await talking.call.startLocalRecording({ path: file });
    await stage.clock.advance(1_500);
    const recording = await stopped(stage, talking.call);
    expect(recording).toEqual({ by: 'local', id: file, durationMs: 1_500, status: 'completed' });
    const { channels, sampleRate } = decodeWav(await readFile(file));
    expect(channels.map(({ length }) => length)).toEqual([24_000, 24_000]);
    expect(sampleRate).toBe(16_000);
    await talking.call.stopLocalRecording();
    await expectTalking(stage, talking);
  });

  test('goes on over another stream, and leaves out what was cut off', async () => {
    const stage = bench();
    const { call, session } = await talk(stage);
    const file = await path();
    await call.startLocalRecording({ path: file });
    session.speak(1_037, 60_000);
    await stage.clock.advance(200);
    await call.sendDigits('1');
    await stage.clock.advance(1_800);
    session.stopSpeaking();
    session.phone!.bridge.interrupt('agent');
    await stage.clock.advance(1_000);
    await stopped(stage, call);
    const [, ours] = decodeWav(await readFile(file)).channels;
    const level = (fromMs: number, toMs: number): number =>
      Math.max(...ours!.slice(fromMs * 16, toMs * 16).map(Math.abs));
    expect(level(1_000, 1_800)).toBeGreaterThan(7_000);
    expect(level(2_100, 3_000)).toBe(0);
  });

  test('whose file cannot be opened says so, and may be tried again', async () => {
    const stage = bench();
    const { call } = await talk(stage);
    const file = await path();
    await expect(call.startLocalRecording({ path: join(file, 'x', 'y.wav') })).rejects.toThrow(
      'ENOENT',
    );
    await call.startLocalRecording({ path: file });
    await stopped(stage, call);
  });
});
