import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeParticipant, Logger, PhoneCall } from '@phone-agents/core';
import { createLocalEdge, createPhone } from '@phone-agents/core';
import { ToneEar, toneSamples } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import type { CarrierFaults } from '@phone-agents/simulator';
import type { ProviderName } from '../telephony-settings.ts';
import { CARRIERS } from './carriers.ts';

const TONE_HZ = 437;
const SPOKEN_MS = 2_000;

interface Heard {
  readonly times: number[];
  readonly ear: ToneEar;
}

/** Hears the caller and gives every frame back. */
function echo(heard: Heard): EdgeParticipant {
  return {
    async join(edgeCall, { signal }) {
      const connection = await edgeCall.join({ id: 'echo' }, { sampleRate: 16000, signal });
      connection.onAudio((frame) => {
        heard.times.push(frame.timestampSamples);
        heard.ear.hear(frame);
        connection.publish(frame);
      });
      return { close: () => connection.leave() };
    },
  };
}

async function callOver(
  name: ProviderName,
  faults: CarrierFaults,
  seed: number,
  spokenMs = SPOKEN_MS,
) {
  const lines: string[] = [];
  const log = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = { debug: () => {}, info: () => {}, warn: log, error: log };
  const heard: Heard = { times: [], ear: new ToneEar() };
  const { carrier, provider } = await CARRIERS[name]({ faults, seed });
  const edge = createLocalEdge();
  const phone = createPhone({ provider, edge, answer: echo(heard), logger });
  const calls: PhoneCall[] = [];
  phone.on('call-created', ({ call }) => calls.push(call));
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1', logger });
  carrier.configureNumber({ webhookUrl: server.url });
  try {
    const call = await carrier.placeCall();
    const connected = await call.connected;
    const callerEar = new ToneEar();
    let echoedFrames = 0;
    call.onHeard((frame) => {
      callerEar.hear(frame);
      if (callerEar.hears(TONE_HZ)) echoedFrames++;
    });
    await call.speak(toneSamples(TONE_HZ, call.sampleRate, spokenMs));
    await pause(400);
    call.hangUp();
    await call.ended;
    const ends = await Promise.all(calls.map(({ ended }) => ended));
    return {
      connected,
      ends,
      heard,
      echoedFrames,
      lines,
      call,
      left: phone.calls.activeCount,
      edge,
    };
  } finally {
    await phone.close();
    await server.close();
    await carrier.close();
  }
}

/** Calls that a carrier must not be able to spoil, whatever it does. Calls Jest's `describe` and `test`. */
export function testFaultyCarrier(name: ProviderName): void {
  describe.each([1, 2, 3])(`${name}, misbehaving (seed %i)`, (seed) => {
    test('loses, repeats, delays and breaks frames, and the conversation goes on', async () => {
      const outcome = await callOver(
        name,
        {
          lostFrames: 0.03,
          duplicatedFrames: 0.05,
          lateFrames: { probability: 0.02, durationMs: 60 },
          malformedFrames: 0.03,
          stalls: { probability: 0.01, durationMs: 120 },
          retriedWebhooks: 1,
          doubledStatusCallbacks: 1,
          reorderedStatusCallbacks: 0.5,
        },
        seed,
      );
      expect(outcome.connected).toBe(true);
      expect(outcome.ends.map(({ reason }) => reason)).toEqual(['remote-hung-up']);
      // Media time is unbroken for the agent, whatever came.
      const { times } = outcome.heard;
      expect(times.length).toBeGreaterThan(SPOKEN_MS / 20);
      expect(times).toEqual(times.map((_, index) => times[0]! + index * 320));
      // Holes of up to a tenth of the frames leave a tone that is recognised most of the time.
      expect(outcome.echoedFrames).toBeGreaterThan(SPOKEN_MS / 20 / 2);
      // One line for each kind of fault, not one for each frame.
      expect(outcome.lines.length).toBeLessThan(15);
      expect(outcome.lines.join('\n')).not.toContain(outcome.call.from);
      expect([outcome.left, outcome.edge.callCount]).toEqual([0, 0]);
    });

    test('drops the media socket, which comes back to the same agent', async () => {
      // Long enough that what is heard before the socket drops does not suffice.
      const spokenMs = 2 * SPOKEN_MS;
      const faults = { dropMediaAfterMs: 700, droppedSockets: 1 };
      const outcome = await callOver(name, faults, seed, spokenMs);
      expect(outcome.ends.map(({ reason }) => reason)).toEqual(['remote-hung-up']);
      const { times } = outcome.heard;
      for (let i = 1; i < times.length; i++) expect(times[i]).toBeGreaterThan(times[i - 1]!);
      expect(outcome.echoedFrames).toBeGreaterThan(spokenMs / 20 / 2);
      expect([outcome.left, outcome.edge.callCount]).toEqual([0, 0]);
    });
  });
}
