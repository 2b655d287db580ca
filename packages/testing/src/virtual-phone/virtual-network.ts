import type {
  CallAnswer,
  Clock,
  ConnectRequest,
  DialRequest,
  DigitsRequest,
  EdgeParticipant,
  EdgeTransport,
  Logger,
  MediaSocket,
  Phone,
  PhoneCall,
  PhoneMediaStream,
  PhoneMediaStreamOptions,
  ProviderHost,
  Telemetry,
  TelephonyProvider,
  TransferRequest,
  WebhookRequest,
  WebhookResponse,
} from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import type { MediaProtocol } from './media-protocol.ts';
import { VirtualLine } from './virtual-line.ts';

/** What the person at a transfer's destination does. */
export type TransferTarget = 'takes' | 'declines' | 'does-not-answer';

export interface VirtualNetworkOptions {
  readonly protocol: MediaProtocol;
  readonly clock: Clock;
  readonly agent: EdgeParticipant;
  readonly edge?: EdgeTransport | undefined;
  readonly logger?: Logger | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** Numbers by name, as the phone has them. */
  readonly destinations?: Readonly<Record<string, string>> | undefined;
  readonly target: TransferTarget;
}

/** The number that is called. */
const OUR_NUMBER = '+15005550006';
const CALLER_NUMBER = '+15005550010';
const PUBLIC_URL = 'https://phone.example.com';
const ANSWER_AFTER_MS = 1_000;
/** How long the person at a destination listens before they press a key. */
const DECIDE_AFTER_MS = 4_000;

/**
 * A phone company within the process, for one test: lines, media sockets, transfers and digits, all on
 * the test's clock. The phone, its calls and the carrier's media messages are the real ones; only
 * webhooks and REST are function calls.
 */
export class VirtualNetwork {
  readonly phone: Phone;
  readonly #options: VirtualNetworkOptions;
  readonly #lines = new Map<string, VirtualLine>();
  #calls = 0;

  constructor(options: VirtualNetworkOptions) {
    this.#options = options;
    this.phone = createPhone({
      provider: new VirtualProvider(this, options.protocol),
      answer: options.agent,
      publicUrl: PUBLIC_URL,
      clock: options.clock,
      edge: options.edge,
      logger: options.logger,
      telemetry: options.telemetry,
      destinations: options.destinations,
    });
  }

  /** Rings at the phone and connects the caller as soon as it answers. `onHeard` gets each frame at the ear. */
  async call(
    onHeard: (frame: Int16Array) => void,
  ): Promise<{ readonly line: VirtualLine; readonly call: PhoneCall | undefined }> {
    const line = this.#newLine();
    line.onHeard(onHeard);
    let call: PhoneCall | undefined;
    this.phone.on('call-created', (created) => (call ??= created.call));
    const { providerCallId } = line;
    const body = JSON.stringify({ providerCallId, from: CALLER_NUMBER, to: OUR_NUMBER });
    const response = await this.phone.handleWebhook({
      method: 'POST',
      path: `/${this.phone.provider.name}/voice`,
      query: '',
      headers: {},
      rawBody: new TextEncoder().encode(body),
    });
    const answer = JSON.parse(response.body) as {
      readonly action: CallAnswer['action'];
      readonly mediaUrl?: string;
      readonly text?: string;
    };
    if (answer.action === 'stream') await this.openMedia(line, answer.mediaUrl ?? '');
    else {
      if (answer.text !== undefined) line.announcements.push(answer.text);
      line.finish({ by: 'server' });
    }
    return { line, call };
  }

  /** The caller puts the phone down. */
  hangUp(line: VirtualLine): void {
    line.finish({ by: 'caller' });
  }

  line(call: PhoneCall): VirtualLine | undefined {
    return this.#lines.get(call.providerCallId ?? '');
  }

  async openMedia(line: VirtualLine, mediaUrl: string): Promise<void> {
    if (line.end) return;
    const { pathname } = new URL(mediaUrl);
    const admission = await this.phone.admitMedia({ path: pathname, query: '', headers: {} });
    admission.accept(line.connect());
  }

  /** Calls a destination's phone. */
  dial({ call, mediaUrl, ringTimeoutMs }: DialRequest, host: ProviderHost): string {
    const line = this.#newLine();
    const { clock, target } = this.#options;
    const { providerCallId } = line;
    const report = (progress: 'answered' | 'no-answer'): Promise<void> =>
      host.callStatus({ providerCallId, callId: call.id, progress });
    if (target === 'does-not-answer') {
      clock.setTimeout(() => {
        if (!line.end) void report('no-answer');
      }, ringTimeoutMs);
      return providerCallId;
    }
    clock.setTimeout(() => {
      if (line.end) return;
      void report('answered').then(() => this.openMedia(line, mediaUrl));
      clock.setTimeout(() => line.press(target === 'takes' ? '1' : '2'), DECIDE_AFTER_MS);
    }, ANSWER_AFTER_MS);
    return providerCallId;
  }

  #newLine(): VirtualLine {
    const { clock, protocol } = this.#options;
    const id = `${protocol.carrier}-call-${++this.#calls}`;
    const line = new VirtualLine(id, clock, protocol);
    this.#lines.set(id, line);
    return line;
  }
}

/** What the phone sees of the network: a provider whose REST and webhooks are function calls. */
class VirtualProvider implements TelephonyProvider {
  readonly name: string;
  readonly webhooks = [];
  readonly phoneNumber = OUR_NUMBER;
  readonly #network: VirtualNetwork;
  readonly #protocol: MediaProtocol;

  constructor(network: VirtualNetwork, protocol: MediaProtocol) {
    this.name = protocol.carrier;
    this.#network = network;
    this.#protocol = protocol;
  }

  checkSettings(): [] {
    return [];
  }

  async handleWebhook(request: WebhookRequest, host: ProviderHost): Promise<WebhookResponse> {
    const incoming = JSON.parse(new TextDecoder().decode(request.rawBody)) as {
      readonly providerCallId: string;
      readonly from: string;
      readonly to: string;
    };
    const answer = await host.incomingCall({ ...incoming, details: { provider: this.name } });
    const { action } = answer;
    const body =
      action === 'stream'
        ? { action, mediaUrl: answer.mediaUrl }
        : { action, text: action === 'announce' ? answer.text : undefined };
    return { status: 200, headers: {}, body: JSON.stringify(body) };
  }

  verifyMediaUpgrade(): void {}

  createMediaStream(socket: MediaSocket, options: PhoneMediaStreamOptions): PhoneMediaStream {
    return this.#protocol.createStream(socket, options);
  }

  async hangUp(call: PhoneCall): Promise<void> {
    this.#network.line(call)?.finish({ by: 'server' });
  }

  async announceAndHangUp(call: PhoneCall, text: string): Promise<void> {
    const line = this.#network.line(call);
    line?.announcements.push(text);
    line?.finish({ by: 'server' });
  }

  async dial(request: DialRequest, host: ProviderHost): Promise<{ providerCallId: string }> {
    return { providerCallId: this.#network.dial(request, host) };
  }

  async sendDigits({ call, digits }: DigitsRequest): Promise<void> {
    const line = this.#network.line(call);
    if (line) line.sentDigits += digits;
  }

  async transfer({ call, to }: TransferRequest): Promise<void> {
    this.#network.line(call)?.finish({ by: 'transfer', to });
  }

  async connectCalls({ call, target }: ConnectRequest): Promise<void> {
    this.#network.line(target)?.finish({ by: 'server' });
    this.#network.line(call)?.finish({ by: 'transfer', to: target.to });
  }

  async resumeMedia(call: PhoneCall, mediaUrl: string): Promise<void> {
    const line = this.#network.line(call);
    if (line) await this.#network.openMedia(line, mediaUrl);
  }
}
