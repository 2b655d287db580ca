import type { EdgeParticipant } from '@phone-agents/core';
import { createLocalEdge } from '@phone-agents/core';
import { ToneEar, toneSamples } from '@phone-agents/core/testing';
import type { SimulatedPhone } from './test-support/simulated-phone.ts';
import { openSimulatedPhone } from './test-support/simulated-phone.ts';

/** Above what a line of 8 kHz can carry. */
const HIGH_TONE_HZ = 6_000;
const LOW_TONE_HZ = 700;

let opened: SimulatedPhone | undefined;

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** Hears the caller at 16 kHz, and gives every frame back. */
function echo(ear: ToneEar): EdgeParticipant {
  return {
    async join(edgeCall, { signal }) {
      const connection = await edgeCall.join({ id: 'echo' }, { sampleRate: 16000, signal });
      connection.onAudio((frame) => {
        ear.hear(frame);
        connection.publish(frame);
      });
      return { close: () => connection.leave() };
    },
  };
}

interface EchoedCall {
  /** Resolves when the agent, and the caller after it, have heard the tone. */
  hearsBothWays(frequencyHz: number): Promise<void>;
}

async function callWith(
  options: Pick<Parameters<typeof openSimulatedPhone>[0], 'settings' | 'line'>,
): Promise<EchoedCall> {
  const agentEar = new ToneEar();
  opened = await openSimulatedPhone({
    ...options,
    answer: echo(agentEar),
    phone: { edge: createLocalEdge() },
  });
  const call = await opened.carrier.placeCall();
  expect(await call.connected).toBe(true);
  const callerEar = new ToneEar();
  return {
    hearsBothWays: (frequencyHz) => {
      void call.speak(toneSamples(frequencyHz, call.sampleRate, 10_000));
      return new Promise((resolve) => {
        const stop = call.onHeard((frame) => {
          callerEar.hear(frame);
          if (!agentEar.hears(frequencyHz) || !callerEar.hears(frequencyHz)) return;
          stop();
          resolve();
        });
      });
    },
  };
}

test('L16 at 16 kHz carries a tone of 6 kHz to the agent and back', async () => {
  const call = await callWith({ settings: { codec: 'L16' }, line: { codec: 'L16' } });
  await call.hearsBothWays(HIGH_TONE_HZ);
  expect(opened!.logger.at('warn')).toEqual([]);
});

test.each(['PCMU', 'PCMA'] as const)(
  'a %s line and an agent that speaks the other law understand each other',
  async (codec) => {
    const other = codec === 'PCMU' ? 'PCMA' : 'PCMU';
    const call = await callWith({ settings: { codec: other }, line: { codec } });
    await call.hearsBothWays(LOW_TONE_HZ);
    expect(opened!.carrier.activeCalls[0]!.warnings).toEqual([]);
  },
);

test('an L16 line and an agent that speaks PCMU understand each other', async () => {
  const call = await callWith({ line: { codec: 'L16' } });
  await call.hearsBothWays(LOW_TONE_HZ);
});

test('L16 whose bytes come in the other order is noise, and the log names the setting', async () => {
  opened = await openSimulatedPhone({
    answer: { handleMedia: () => new Promise(() => undefined) },
    settings: { codec: 'L16' },
    line: { codec: 'L16', l16ByteOrder: 'big-endian' },
  });
  const call = await opened.carrier.placeCall();
  expect(await call.connected).toBe(true);
  await call.speak(toneSamples(LOW_TONE_HZ, call.sampleRate, 1_000));
  expect(opened.logger.at('warn').map(({ message }) => message)).toEqual([
    expect.stringContaining("set l16ByteOrder to 'big-endian'"),
  ]);
});

test('with the setting that the log has named, it is sound', async () => {
  const call = await callWith({
    settings: { codec: 'L16', l16ByteOrder: 'big-endian' },
    line: { codec: 'L16', l16ByteOrder: 'big-endian' },
  });
  await call.hearsBothWays(HIGH_TONE_HZ);
  expect(opened!.logger.at('warn')).toEqual([]);
});
