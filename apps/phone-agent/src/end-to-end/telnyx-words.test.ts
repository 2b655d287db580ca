import { renderSpeech } from '@phone-agents/agent';
import { createPhone, silentLogger } from '@phone-agents/core';
import { servePhone } from '@phone-agents/express';
import { offlineTextToSpeech, speechRecognitionAvailability } from '@phone-agents/offline';
import { createTelnyxCarrier, trimSilence } from '@phone-agents/simulator';
import { createTelnyxProvider } from '@phone-agents/telnyx';
import { createEar, recognise } from '../demo/ear-judge.ts';
import { PHONE_RATE } from '../render-for-phone.ts';

const availability = await speechRecognitionAvailability();
const testSpeech = availability.available ? test : test.skip;
const whyNot = availability.available ? '' : ` [skipped: ${availability.reason}]`;

const CALLER_SAYS = 'You can park behind the building. Parking is free for two hours.';
const AGENT_SAYS =
  'We are open from Monday to Friday, from nine in the morning to five in the afternoon.';

/** Frames in a row, as many as come. */
class Recording {
  readonly #frames: Int16Array[] = [];

  add(samples: Int16Array): void {
    this.#frames.push(samples.slice());
  }

  get speech(): Int16Array {
    const length = this.#frames.reduce((sum, frame) => sum + frame.length, 0);
    const samples = new Int16Array(length);
    let at = 0;
    for (const frame of this.#frames) {
      samples.set(frame, at);
      at += frame.length;
    }
    return trimSilence(samples);
  }
}

async function say(text: string, voice?: 'slt'): Promise<Int16Array> {
  const tts = offlineTextToSpeech({ voice });
  try {
    return trimSilence(await renderSpeech(tts, text, { sampleRate: PHONE_RATE }));
  } finally {
    await tts.close?.();
  }
}

testSpeech(
  `a caller on a PCMA line and an agent that sends PCMU understand each other as at 8 kHz without a codec${whyNot}`,
  async () => {
    const [question, answer] = await Promise.all([say(CALLER_SAYS, 'slt'), say(AGENT_SAYS)]);
    const atAgent = new Recording();
    const atCaller = new Recording();
    let codecs: unknown;
    const carrier = await createTelnyxCarrier({ codec: 'PCMA' });
    const phone = createPhone({
      provider: createTelnyxProvider({ environment: carrier.environment, codec: 'PCMU' }),
      logger: silentLogger,
      answer: {
        async handleMedia(media, call) {
          codecs = [media.start?.inboundFormat.encoding, media.outboundFormat.encoding];
          media.onAudio(({ samples }) => atAgent.add(samples));
          const frame = media.outboundFrameSamples;
          for (let at = 0; at < answer.length; at += frame) {
            media.sendAudio(answer.subarray(at, at + frame));
          }
          await call.ended;
        },
      },
    });
    const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
    carrier.configureNumber({ webhookUrl: server.url });
    try {
      const call = await carrier.placeCall();
      call.onHeard(({ samples }) => atCaller.add(samples));
      expect(await call.connected).toBe(true);
      await call.speak(question);
      while (call.playedMs < (answer.length * 1000) / PHONE_RATE) {
        await new Promise<void>((resolve) => {
          const stop = call.onHeard(() => {
            stop();
            resolve();
          });
        });
      }
      call.hangUp();
      await call.settled;
    } finally {
      await carrier.close();
      await phone.close();
      await server.close();
    }
    expect(codecs).toEqual(['PCMA', 'PCMU']);
    const ear = createEar();
    try {
      const reference = await recognise(ear, question);
      expect(reference.split(' ').length).toBeGreaterThan(8);
      expect(await recognise(ear, atAgent.speech)).toBe(reference);
      expect(await recognise(ear, atCaller.speech)).toBe(await recognise(ear, answer));
    } finally {
      await ear.close?.();
    }
  },
);
