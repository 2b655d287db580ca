import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeWav, encodeWav } from '@phone-agents/core';
import { isSigned, RTP_STREAM, TelnyxTestServer } from '../test-support/telnyx-test-server.ts';
import { TestServer, twiml } from '../test-support/test-server.ts';
import { createTwilioCarrier, type TwilioCarrier } from '../twilio/twilio-carrier.ts';
import { runCli } from './run.ts';

let server: TestServer;
let carrier: TwilioCarrier | undefined;
let folder: string;

beforeEach(async () => {
  server = await TestServer.start();
  folder = await mkdtemp(join(tmpdir(), 'phone-simulator-'));
});

afterEach(async () => {
  await carrier?.close();
  carrier = undefined;
  await server.close();
  await rm(folder, { recursive: true });
});

interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cli(
  args: readonly string[],
  environment: Record<string, string> = {},
  signal = new AbortController().signal,
  onLine: (line: string) => void = () => undefined,
): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const print = (line: string): void => {
    out.push(line);
    onLine(line);
  };
  const complain = (line: string): void => void err.push(line);
  const code = await runCli({ args, environment, print, complain, signal });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** A server that greets as soon as it is connected: 200 ms of a square wave. */
async function greet(): Promise<void> {
  const socket = await server.socket();
  const wave = Uint8Array.from({ length: 1_600 }, (_, i) => (i % 8 < 4 ? 0x10 : 0x90));
  socket.sendAudio(wave);
}

async function startCarrier(): Promise<TwilioCarrier> {
  carrier = await createTwilioCarrier({ webhookUrl: server.url, sayCharactersPerSecond: 1e6 });
  return carrier;
}

test('a call at a running carrier tells its story and writes the recording', async () => {
  const { apiBaseUrl } = await startCarrier();
  const audio = join(folder, 'caller.wav');
  const record = join(folder, 'recordings', 'out.wav');
  const spoken = Int16Array.from({ length: 3_200 }, (_, i) => (i % 16 < 8 ? 6_000 : -6_000));
  await writeFile(audio, encodeWav({ sampleRate: 16_000, channels: [spoken] }));
  const greeting = greet();
  const args = ['call', apiBaseUrl, '--audio', audio, '--record', record, '--digits', '7'];
  const result = await cli([...args, '--hang-up-after-ms', '3000', '--from', '+15005550010']);
  await greeting;
  expect(result).toMatchObject({ code: 0, err: '' });
  const happened = result.out.split('\n').map((line) => line.replace(/^ *[\d.]+ s {2}/, ''));
  expect(happened).toEqual([
    'ringing',
    'answered',
    'connected: audio flows both ways',
    'ended: the caller hung up',
    expect.stringMatching(/^[\d.]+ s on the line, 0\.2 s of the server's audio played$/),
    `recording: ${record}`,
  ]);
  expect(server.to('/twilio/voice')[0]!.form.get('From')).toBe('+15005550010');
  expect(server.sockets[0]!.of('dtmf')).toHaveLength(1);
  const { channels } = decodeWav(await readFile(record));
  const loud = (samples: Int16Array): number => samples.filter((s) => Math.abs(s) > 1_000).length;
  expect(loud(channels[0]!)).toBeGreaterThan(1_400);
  expect(loud(channels[1]!)).toBe(1_600);
});

test('a server that redirects to its carrier is found by its own address', async () => {
  const { apiBaseUrl } = await startCarrier();
  const app = createServer((_, response) => {
    response.writeHead(307, { location: `${apiBaseUrl}/simulator` }).end();
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  server.answer = () => twiml('<Say>We are closed.</Say>');
  const result = await cli(['call', `http://127.0.0.1:${(app.address() as AddressInfo).port}`]);
  expect(result.out).toContain('announcement: We are closed.');
  expect(result.out).toContain('ended: the server hung up');
  expect(result.code).toBe(1);
  await new Promise((resolve) => app.close(resolve));
});

test('without a running carrier the call is signed with the token that is given', async () => {
  server.answer = ({ url }) =>
    url === '/twilio/voice' ? twiml('<Dial>+15005550030</Dial>') : { status: 404 };
  const result = await cli(['call', server.url], {
    TWILIO_AUTH_TOKEN: 'x',
    TWILIO_ACCOUNT_SID: 'AC1',
  });
  expect(result.code).toBe(0);
  expect(result.out).toContain('forwarded to +15005550030');
  expect(server.to('/twilio/voice')[0]!.form.get('AccountSid')).toBe('AC1');
});

test('a server of Telnyx’s webhooks is called with a key whose other half it has', async () => {
  const keys = (await cli(['telnyx-keys'])).out;
  const [, publicKey = '', privateKey = ''] =
    /^TELNYX_PUBLIC_KEY=(\S+)\n--private-key (\S+)$/.exec(keys) ?? [];
  const telnyx = await TelnyxTestServer.start();
  telnyx.onCall = (id) => {
    // Its REST requests go to the port that the command was given; this one finds it printed.
    void fetch(`${restUrl}/calls/${id}/actions/answer`, {
      method: 'POST',
      headers: { authorization: 'Bearer KEY1', 'content-type': 'application/json' },
      body: JSON.stringify({ stream_url: telnyx.mediaUrl, ...RTP_STREAM }),
    });
  };
  let restUrl = '';
  const options = ['--provider', 'telnyx', '--private-key', privateKey, '--codec', 'PCMA'];
  const args = ['call', telnyx.url, ...options, '--hang-up-after-ms', '100'];
  const result = await cli(args, { TELNYX_API_KEY: 'KEY1' }, undefined, (line) => {
    restUrl =
      /^simulated REST interface: (\S+) \(TELNYX_API_BASE_URL\)$/.exec(line)?.[1] ?? restUrl;
  });
  expect(result).toMatchObject({ code: 0, err: '' });
  expect(isSigned((await telnyx.event('call.initiated')).request, publicKey)).toBe(true);
  expect((await telnyx.socket()).of('start')[0]!['start']).toMatchObject({
    media_format: { encoding: 'PCMA' },
  });
  await telnyx.close();
});

test('a call that fails gives exit code 1 and says why', async () => {
  server.answer = () => ({ status: 403 });
  const { apiBaseUrl } = await startCarrier();
  const result = await cli(['call', apiBaseUrl]);
  expect(result.code).toBe(1);
  expect(result.out).toMatch(/ended: the call failed \(11200: .*403/);
});

test('interrupting hangs up', async () => {
  const { apiBaseUrl } = await startCarrier();
  const interrupted = new AbortController();
  const result = await cli(
    ['call', apiBaseUrl, '--hang-up-after-ms', '60000'],
    {},
    interrupted.signal,
    (line) => {
      if (line.includes('connected')) interrupted.abort();
    },
  );
  expect(result).toMatchObject({ code: 0, out: expect.stringMatching(/hung up$/) as string });
  expect(await server.sockets[0]!.closed).toBe(1000);
});

test('wrong usage gives exit code 2 and points to the help', async () => {
  expect(await cli(['call'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--help') as string,
  });
  expect(await cli(['call', server.url])).toMatchObject({
    code: 2,
    err: expect.stringContaining('TWILIO_AUTH_TOKEN') as string,
  });
  expect(await cli(['call', server.url, '--provider', 'telnyx'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--private-key') as string,
  });
  expect(
    await cli(['call', server.url, '--provider', 'telnyx', '--private-key', 'x']),
  ).toMatchObject({ code: 2, err: expect.stringContaining('32 bytes') as string });
  const missing = await cli(['call', server.url, '--audio', join(folder, 'none.wav')]);
  expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('none.wav') as string });
  expect(await cli(['--help'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('--record') as string,
  });
});

test('it runs as a program of its own', async () => {
  const program = fileURLToPath(new URL('../cli.ts', import.meta.url));
  const node = ['--conditions=@phone-agents/source', program];
  const { apiBaseUrl } = await startCarrier();
  server.answer = () => twiml('<Dial>+15005550030</Dial>');
  const { stdout } = await promisify(execFile)(process.execPath, [...node, 'call', apiBaseUrl]);
  expect(stdout).toContain('ended: forwarded (+15005550030)');
  await expect(promisify(execFile)(process.execPath, [...node, 'nonsense'])).rejects.toMatchObject({
    code: 2,
  });
}, 20_000);
