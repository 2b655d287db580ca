import type { AgentSession, RealtimeAgentOptions } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { createEnergyDetector, decodeTones, encodeTones } from '@phone-agents/agent/testing';
import { createLocalEdge, createPhone } from '@phone-agents/core';
import { servePhone } from '@phone-agents/express';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import { openaiRealtime } from '../openai-realtime.ts';
import type { OpenAIRealtimeStandIn, OpenAIRealtimeStandInOptions } from '../testing/index.ts';
import { createOpenAIRealtimeStandIn } from '../testing/index.ts';
import { toneSpeech, until } from './realtime-call.ts';

/** A whole phone call: a carrier, a server, an agent, and OpenAI's stand-in behind it; in real time. */
export class PhoneOnStandIn {
  readonly standIn: OpenAIRealtimeStandIn;
  readonly session: AgentSession;
  readonly call: Awaited<ReturnType<Awaited<ReturnType<typeof createTwilioCarrier>>['placeCall']>>;
  readonly #closing: readonly (() => unknown)[];
  readonly #heard: Int16Array[] = [];

  private constructor(
    standIn: OpenAIRealtimeStandIn,
    session: AgentSession,
    call: PhoneOnStandIn['call'],
    closing: readonly (() => unknown)[],
  ) {
    this.standIn = standIn;
    this.session = session;
    this.call = call;
    this.#closing = closing;
    call.onHeard(({ samples }) => this.#heard.push(samples.slice()));
  }

  static async connect(
    mind: OpenAIRealtimeStandInOptions = {},
    options: Partial<RealtimeAgentOptions> = {},
  ): Promise<PhoneOnStandIn> {
    const standIn = await createOpenAIRealtimeStandIn({ ...toneSpeech, ...mind });
    const agent = createVoiceAgent({
      realtime: openaiRealtime({ apiKey: standIn.apiKey, baseUrl: standIn.url }),
      vad: createEnergyDetector(),
      greeting: 'AI here.',
      // The stand-in's first session is the call's.
      fillers: false,
      ...options,
    });
    const carrier = await createTwilioCarrier();
    const environment = carrier.environment;
    const phone = createPhone({
      provider: createTwilioProvider({
        accountSid: environment['TWILIO_ACCOUNT_SID']!,
        authToken: environment['TWILIO_AUTH_TOKEN']!,
        apiBaseUrl: environment['TWILIO_API_BASE_URL']!,
      }),
      edge: createLocalEdge(),
      answer: agent,
    });
    const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
    carrier.configureNumber({ webhookUrl: server.url });
    const started = new Promise<AgentSession>((resolve) => agent.on('session-started', resolve));
    const call = await carrier.placeCall();
    const session = await started;
    const closing = [
      () => phone.close(),
      () => carrier.close(),
      () => server.server.close(),
      () => standIn.close(),
    ];
    return new PhoneOnStandIn(standIn, session, call, closing);
  }

  /** Says a sentence into the phone. */
  say(text: string): void {
    void this.call.speak(encodeTones(text, 8_000));
  }

  /** The words at the caller's ear so far. */
  get heard(): string {
    const samples = new Int16Array(this.#heard.length * 160);
    this.#heard.forEach((frame, index) => samples.set(frame, index * 160));
    return decodeTones(samples, 8_000);
  }

  async untilHeard(words: RegExp): Promise<void> {
    await until(() => words.test(this.heard));
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close();
  }
}
