import type { AgentSession } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { createLocalEdge, createPhone } from '@phone-agents/core';
import { servePhone } from '@phone-agents/express';
import {
  offlineSpeechToText,
  offlineTextToSpeech,
  offlineVoiceActivity,
} from '@phone-agents/offline';
import type { TwilioCarrier } from '@phone-agents/simulator';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import { GREETING, Librarian } from './library.ts';

/** Silence after which a caller's turn is over. */
export const END_OF_TURN_SILENCE_MS = 500;

/** The offline agent behind a real server, and a carrier whose callers reach it over real sockets. */
export interface LibraryLine {
  readonly carrier: TwilioCarrier;
  readonly librarian: Librarian;
  /** The agent in the newest call. */
  readonly session: AgentSession;
  close(): Promise<void>;
}

export async function openLibraryLine(): Promise<LibraryLine> {
  const librarian = new Librarian();
  const tts = offlineTextToSpeech();
  const stt = offlineSpeechToText({ phrases: librarian.phrases() });
  const vad = offlineVoiceActivity();
  const agent = createVoiceAgent({
    tts,
    stt,
    vad,
    responder: librarian,
    greeting: GREETING,
    endOfTurnSilenceMs: END_OF_TURN_SILENCE_MS,
  });
  await agent.prepare();
  let session: AgentSession;
  agent.on('session-started', (started) => (session = started));
  const carrier = await createTwilioCarrier({ record: true });
  const { accountSid, authToken, apiBaseUrl } = carrier;
  const phone = createPhone({
    provider: createTwilioProvider({ accountSid, authToken, apiBaseUrl }),
    edge: createLocalEdge(),
    answer: agent,
  });
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  carrier.configureNumber({ webhookUrl: server.url });
  return {
    carrier,
    librarian,
    get session() {
      return session;
    },
    close: async () => {
      await phone.close();
      await server.close();
      await carrier.close();
      await Promise.all([tts.close?.(), stt.close?.(), vad.close?.()]);
    },
  };
}
