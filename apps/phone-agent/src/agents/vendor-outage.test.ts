import { createOpenAI } from '@ai-sdk/openai';
import type { AgentSession } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { createEnergyDetector, decodeTones, encodeTones } from '@phone-agents/agent/testing';
import type { SampleRate } from '@phone-agents/core';
import { createLocalEdge, createPhone } from '@phone-agents/core';
import { deepgramSpeechToText } from '@phone-agents/deepgram';
import { createDeepgramStandIn } from '@phone-agents/deepgram/testing';
import { elevenLabsTextToSpeech } from '@phone-agents/elevenlabs';
import { createElevenLabsStandIn } from '@phone-agents/elevenlabs/testing';
import { servePhone } from '@phone-agents/express';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import { createChatStandIn } from '../demo/vendors/chat-stand-in.ts';

/** Longer than this nobody may wait in silence. */
const DEAD_AIR_MS = 2_000;
const FRAME_MS = 20;
const MAX_POLLS = 4_000;

async function until(isSo: () => boolean): Promise<void> {
  for (let polls = 0; !isSo(); polls++) {
    if (polls >= MAX_POLLS) throw new Error('What was waited for has not happened.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A phone call through a carrier to an agent of three vendors, whose words are tones. */
async function call() {
  const [deepgram, elevenLabs, chat] = await Promise.all([
    createDeepgramStandIn({ hear: (samples, rate) => decodeTones(samples, rate as SampleRate) }),
    createElevenLabsStandIn({ speak: (text, rate) => encodeTones(text, rate as SampleRate) }),
    createChatStandIn(({ text }) => `You said ${text}.`),
  ]);
  closing.push(...[deepgram, elevenLabs, chat].map((vendor) => () => vendor.close()));
  const agent = createVoiceAgent({
    stt: deepgramSpeechToText({ apiKey: deepgram.apiKey, baseUrl: deepgram.url }),
    tts: elevenLabsTextToSpeech({ apiKey: elevenLabs.apiKey, baseUrl: elevenLabs.url }),
    model: createOpenAI({ apiKey: chat.apiKey, baseURL: chat.url }).chat('stand-in'),
    vad: createEnergyDetector(),
    greeting: 'AI here.',
    fillers: { afterMs: 700, sentences: ['Wait.'] },
    apology: { notUnderstood: 'Pardon?', failed: 'Sorry.' },
  });
  const carrier = await createTwilioCarrier();
  closing.push(() => carrier.close());
  const { environment } = carrier;
  const phone = createPhone({
    provider: createTwilioProvider({
      accountSid: environment['TWILIO_ACCOUNT_SID']!,
      authToken: environment['TWILIO_AUTH_TOKEN']!,
      apiBaseUrl: environment['TWILIO_API_BASE_URL']!,
    }),
    edge: createLocalEdge(),
    answer: agent,
  });
  closing.push(() => phone.close());
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  closing.push(() => server.server.close());
  carrier.configureNumber({ webhookUrl: server.url });
  const started = new Promise<AgentSession>((resolve) => agent.on('session-started', resolve));
  const line = await carrier.placeCall();
  const ear: Int16Array[] = [];
  line.onHeard(({ samples }) => ear.push(samples.slice()));
  const session = await started;
  const heard = (): string => {
    const samples = new Int16Array(ear.length * 160);
    ear.forEach((frame, index) => samples.set(frame, index * 160));
    return decodeTones(samples, 8_000);
  };
  /** The longest silence in what was recorded at the ear, from a frame on to the last sound. */
  const silenceMs = (fromFrame: number): number => {
    const isLoud = (frame: Int16Array): boolean => frame.some((one) => Math.abs(one) > 500);
    let longest = 0;
    let silent = 0;
    for (const frame of ear.slice(fromFrame, ear.findLastIndex(isLoud))) {
      silent = isLoud(frame) ? 0 : silent + FRAME_MS;
      longest = Math.max(longest, silent);
    }
    return longest;
  };
  await until(() => heard() === 'AI here.');
  await until(() => session.state === 'listening');
  return {
    vendors: { deepgram, elevenLabs, chat },
    line,
    session,
    untilHeard: (words: RegExp) => until(() => words.test(heard())),
    /** Says something; gives the frame of the ear at its end. */
    say: async (text: string): Promise<number> => {
      await line.speak(encodeTones(text, 8_000));
      return ear.length;
    },
    silenceMs,
  };
}

test('the language model is gone in mid-call: the agent says so in words rendered beforehand', async () => {
  const { vendors, say, untilHeard, silenceMs } = await call();
  await vendors.chat.close();
  const spokenAt = await say('hello');
  await untilHeard(/Sorry\.$/);
  expect(silenceMs(spokenAt)).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test('the synthesiser is gone in mid-call: the same', async () => {
  const { vendors, say, untilHeard, silenceMs } = await call();
  await vendors.elevenLabs.close();
  const spokenAt = await say('hello');
  await untilHeard(/Sorry\.$/);
  expect(silenceMs(spokenAt)).toBeLessThanOrEqual(DEAD_AIR_MS);
});

test('the recogniser drops while the caller speaks: it is opened anew, and not a word is lost', async () => {
  const { vendors, say, session, untilHeard, silenceMs } = await call();
  await say('first ');
  vendors.deepgram.connections.at(-1)!.drop();
  const spokenAt = await say('second');
  await untilHeard(/second\.$/);
  expect(silenceMs(spokenAt)).toBeLessThanOrEqual(DEAD_AIR_MS);
  const said = session.transcript.filter(({ role }) => role === 'caller');
  expect(said.map(({ text }) => text)).toEqual(['first second']);
});

test('the recogniser is gone for good: the call ends with an apology by the phone company', async () => {
  const { vendors, line, session } = await call();
  await vendors.deepgram.close();
  await expect(session.call.ended).resolves.toMatchObject({ reason: 'agent-failed' });
  await until(() => line.announcements.length > 0);
});
