import type { AgentSession, RealtimeAgentOptions } from '@phone-agents/agent';
import { createVoiceAgent } from '@phone-agents/agent';
import { createEnergyDetector, decodeTones, encodeTones } from '@phone-agents/agent/testing';
import type { AudioFrame } from '@phone-agents/core';
import { createLocalEdge, createPhone } from '@phone-agents/core';
import { servePhone } from '@phone-agents/express';
import type { CarrierCall, LocalCarrier } from '@phone-agents/simulator';
import { createTwilioCarrier } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import type { OpenAIRealtimeOptions } from '../openai-settings.ts';
import { openaiRealtime } from '../openai-realtime.ts';
import type { OpenAIRealtimeStandIn, OpenAIRealtimeStandInOptions } from '../testing/index.ts';
import { createOpenAIRealtimeStandIn } from '../testing/index.ts';
import { toneSpeech, until } from './realtime-call.ts';

/** Somebody at a telephone whose words are tones. */
export class Person {
  readonly call: Pick<CarrierCall, 'speak' | 'press' | 'hangUp'>;
  readonly #heard: Int16Array[] = [];

  constructor(
    call: Person['call'] & { onHeard(listener: (frame: AudioFrame) => void): () => void },
  ) {
    this.call = call;
    call.onHeard(({ samples }) => this.#heard.push(samples.slice()));
  }

  /** The words at the ear so far. */
  get heard(): string {
    const samples = new Int16Array(this.#heard.length * 160);
    this.#heard.forEach((frame, index) => samples.set(frame, index * 160));
    return decodeTones(samples, 8_000);
  }

  say(text: string): void {
    void this.call.speak(encodeTones(text, 8_000));
  }

  async untilHeard(words: RegExp): Promise<void> {
    await until(() => words.test(this.heard));
  }
}

/** How a {@link PhoneOnStandIn} differs from the usual. */
export interface PhoneOnStandInOptions {
  readonly agent?: Partial<RealtimeAgentOptions> | undefined;
  readonly model?: OpenAIRealtimeOptions | undefined;
  readonly destinations?: Readonly<Record<string, string>> | undefined;
}

/** A carrier, a server, an agent, and OpenAI's stand-in behind it; in real time. */
export class PhoneOnStandIn {
  readonly standIn: OpenAIRealtimeStandIn;
  readonly carrier: LocalCarrier;
  readonly #sessions: AgentSession[] = [];
  readonly #closing: (() => unknown)[] = [];

  private constructor(standIn: OpenAIRealtimeStandIn, carrier: LocalCarrier) {
    this.standIn = standIn;
    this.carrier = carrier;
    this.#closing.push(
      () => carrier.close(),
      () => standIn.close(),
    );
  }

  /** @throws what the phone's own `prepare` throws. */
  static async open(
    mind: OpenAIRealtimeStandInOptions = {},
    { agent: agentOptions, model, destinations }: PhoneOnStandInOptions = {},
  ): Promise<PhoneOnStandIn> {
    const standIn = await createOpenAIRealtimeStandIn({ ...toneSpeech, ...mind });
    const carrier = await createTwilioCarrier();
    const opened = new PhoneOnStandIn(standIn, carrier);
    const agent = createVoiceAgent({
      realtime: openaiRealtime({ apiKey: standIn.apiKey, baseUrl: standIn.url, ...model }),
      vad: createEnergyDetector(),
      greeting: 'AI here.',
      // The stand-in's first session is the call's.
      fillers: false,
      ...agentOptions,
    });
    agent.on('session-started', (session) => opened.#sessions.push(session));
    const { environment } = carrier;
    const phone = createPhone({
      provider: createTwilioProvider({
        accountSid: environment['TWILIO_ACCOUNT_SID']!,
        authToken: environment['TWILIO_AUTH_TOKEN']!,
        apiBaseUrl: environment['TWILIO_API_BASE_URL']!,
      }),
      edge: createLocalEdge(),
      answer: agent,
      destinations,
    });
    opened.#closing.unshift(() => phone.close());
    try {
      const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
      opened.#closing.push(() => server.server.close());
      carrier.configureNumber({ webhookUrl: server.url });
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  /** The agent in the first call. */
  get session(): AgentSession {
    return this.#sessions[0]!;
  }

  /** Somebody calls, and is answered by the agent. */
  async ring(): Promise<Person> {
    const person = new Person(await this.carrier.placeCall());
    await until(() => this.#sessions.length > 0);
    return person;
  }

  /** Whom the server has called. */
  async dialled(): Promise<Person> {
    const { carrier } = this;
    await until(() => (carrier.dialled?.length ?? 0) > 0);
    return new Person(carrier.dialled![0]!);
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close();
  }
}
