import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createResampler } from '@phone-agents/core';
import type { TelnyxCarrier, TelnyxCarrierOptions } from '@phone-agents/simulator';
import { createTelnyxCarrier } from '@phone-agents/simulator';
import type { LiveCheckOptions } from './test-support/live-check.ts';
import { callBetween, settleByteOrder } from './test-support/live-check.ts';
import { SampleRecorder } from './test-support/sample-recorder.ts';

const FROM = '+15005550020';
const TO = '+15005550030';

let carrier: TelnyxCarrier;
let recorder: SampleRecorder;

/** What the live check is run with here: a Telnyx on this machine that has both numbers. */
async function open(line: TelnyxCarrierOptions = {}): Promise<LiveCheckOptions> {
  carrier = await createTelnyxCarrier({ to: FROM, ...line });
  recorder = new SampleRecorder();
  return {
    settings: { environment: carrier.environment },
    from: FROM,
    to: TO,
    port: 0,
    patienceMs: 6_000,
    recorder,
    onServer: (webhookUrl) => {
      carrier.configureNumber({ webhookUrl });
      void connectNumbers(carrier.dialled.length);
    },
  };
}

/** As Telnyx does it: who is called is called at the same server, and both legs hear each other. */
async function connectNumbers(before: number): Promise<void> {
  while (carrier.dialled.length === before) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const outgoing = carrier.dialled[before]!;
  const incoming = await carrier.placeCall({ from: FROM, to: TO, codec: 'PCMU' });
  for (const [ear, mouth] of [
    [outgoing, incoming],
    [incoming, outgoing],
  ] as const) {
    const resampler = createResampler(ear.sampleRate, mouth.sampleRate);
    ear.onHeard(({ samples }) => void mouth.speak(resampler.process(samples).slice()));
  }
  void outgoing.ended.then(() => incoming.hangUp());
  void incoming.ended.then(() => outgoing.hangUp());
}

afterEach(() => carrier.close());

test('a call between two numbers is heard at both ends, and samples of it hold nothing of anybody’s', async () => {
  const options = await open();
  expect(await callBetween(options, { caller: 'PCMU', called: 'PCMU' })).toMatchObject({
    callerHeardCalled: true,
    calledHeardCaller: true,
    inboundEncodings: ['PCMU', 'PCMU'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'telnyx-samples-'));
  const names = await recorder.save(folder);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['webhook-call.initiated.json', 'webhook-call.answered.json', 'webhook-call.hangup.json'],
      ...['ws-in-connected.json', 'ws-in-start.json', 'ws-in-media.json'],
    ]),
  );
  expect((await readdir(folder)).sort()).toEqual([...names].sort());
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  expect(texts.join()).not.toMatch(/\+1500|127\.0\.0\.1|v3:|\/media\//);
  for (const id of [carrier.connectionId, carrier.apiKey]) expect(texts.join()).not.toContain(id);
  const media = JSON.parse(texts[names.indexOf('ws-in-media.json')]!) as unknown;
  expect(media).toEqual({
    event: 'media',
    sequence_number: expect.stringMatching(/^\d+$/) as string,
    media: {
      track: 'inbound',
      chunk: expect.stringMatching(/^\d+$/) as string,
      timestamp: expect.stringMatching(/^\d+$/) as string,
      payload: '<base64 of 160 bytes>',
    },
    stream_id: '<UUID>',
  });
  await rm(folder, { recursive: true });
});

test.each(['little-endian', 'big-endian'] as const)(
  'a Telnyx whose L16 is %s is found out as such',
  async (l16ByteOrder) => {
    const options = await open({ codec: 'L16', l16ByteOrder });
    expect(await settleByteOrder(options)).toBe(l16ByteOrder);
  },
);
