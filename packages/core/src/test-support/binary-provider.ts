import { createHmac } from 'node:crypto';
import type { CallLookup, CallProgress } from '../calls/call-lookup.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import { MediaAdmissionError, ProviderRequestError, WebhookVerificationError } from '../errors.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type { PhoneMediaStreamOptions } from '../media/phone-media-stream.ts';
import { PhoneMediaStream } from '../media/phone-media-stream.ts';
import type { MediaUpgradeRequest, WebhookRequest, WebhookResponse } from '../phone/webhook.ts';
import { headerValue } from '../phone/webhook.ts';
import type {
  CallAnswer,
  ConnectRequest,
  DialRequest,
  DigitsRequest,
  ProviderHost,
  TelephonyProvider,
  TransferRequest,
} from '../provider/telephony-provider.ts';

/** One instruction of a call-control document. */
export type Instruction =
  | { readonly action: 'websocket'; readonly uri: string; readonly authorization: string }
  | { readonly action: 'phone'; readonly number: string }
  | { readonly action: 'talk'; readonly text: string }
  | { readonly action: 'reject'; readonly reason: string };

/** A command to a call that is under way, as its REST interface takes them. */
export type Command =
  | { readonly action: 'hangup' }
  | { readonly action: 'connect'; readonly uuid: string }
  | { readonly action: 'record'; readonly isOn: boolean; readonly isStereo?: boolean }
  /** Interrupts the audio: what follows is in the document. */
  | { readonly action: 'dtmf'; readonly digits: string; readonly document: readonly Instruction[] }
  | { readonly action: 'transfer'; readonly document: readonly Instruction[] };

/** A call to place; `reference` comes back in every event about it. */
export interface CreateCall {
  readonly to: string;
  readonly from: string;
  readonly reference: string;
  readonly ringMs: number;
  readonly detectMachine: boolean;
  readonly document: readonly Instruction[];
}

/** The carrier's REST interface, in what its answers say. */
export interface BinaryApi {
  /** Gives the HTTP status. */
  command(callId: string, command: Command): Promise<number>;
  /** Rejects where the answer does not come. */
  create(call: CreateCall): Promise<{ readonly status: number; readonly uuid: string }>;
  /** Calls with this reference, the latest first. */
  find(reference: string): Promise<readonly string[]>;
  /** The status of a call, or undefined where there is none. */
  get(callId: string): Promise<string | undefined>;
}

const STATUSES: Readonly<Record<string, CallProgress>> = {
  started: 'initiated',
  ringing: 'ringing',
  answered: 'answered',
  completed: 'completed',
  busy: 'busy',
  timeout: 'no-answer',
  rejected: 'rejected',
  cancelled: 'canceled',
  failed: 'failed',
};

export function signBody(secret: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** One field of a JSON message, where it is text. */
function textOf(message: unknown, name: string): string {
  if (typeof message !== 'object' || message === null) return '';
  const value: unknown = Reflect.get(message, name);
  return typeof value === 'string' ? value : '';
}

function parse(data: Uint8Array): unknown {
  return JSON.parse(Buffer.from(data).toString('utf8'));
}

/**
 * A provider of another shape than Twilio's, to keep the contracts honest: JSON documents, signed
 * bodies, binary frames of exactly 20 ms, a first message in text, no marks and no numbers.
 */
export class BinaryProvider implements TelephonyProvider {
  readonly name = 'binary';
  readonly webhooks = [
    { path: '/binary/answer', purpose: 'incoming calls' },
    { path: '/binary/event', purpose: 'progress of calls' },
  ];
  readonly #secret: string;
  readonly #api: BinaryApi;

  constructor(secret: string, api: BinaryApi) {
    this.#secret = secret;
    this.#api = api;
  }

  checkSettings() {
    return this.#secret === '' ? [{ setting: 'secret', problem: 'it is empty' }] : [];
  }

  async handleWebhook(request: WebhookRequest, host: ProviderHost): Promise<WebhookResponse> {
    if (headerValue(request.headers, 'authorization') !== signBody(this.#secret, request.rawBody)) {
      throw new WebhookVerificationError('The signature is wrong.');
    }
    const report = parse(request.rawBody);
    const providerCallId = textOf(report, 'uuid');
    if (request.path === '/binary/answer') {
      const answer = await host.incomingCall({
        providerCallId,
        from: textOf(report, 'from'),
        to: textOf(report, 'to'),
        details: { provider: this.name },
      });
      return this.#document(answer);
    }
    const status = textOf(report, 'status');
    if (status === 'disconnected') return this.#document(await host.mediaEnded(providerCallId));
    const callId = textOf(report, 'reference') || undefined;
    if (status === 'recorded') {
      const id = textOf(report, 'recording');
      await host.recordingFinished({ providerCallId, callId, id, status: 'completed' });
    }
    if (status === 'machine' || status === 'beep' || status === 'human') {
      await host.machineDetected({
        providerCallId,
        callId,
        answeredBy: status === 'human' ? 'human' : 'machine',
        greetingEnded: status === 'beep',
        beep: status === 'beep' ? true : undefined,
      });
    }
    const progress = STATUSES[status];
    if (progress)
      await host.callStatus({ providerCallId, callId, progress, providerCause: status });
    return { status: 204, headers: {}, body: '' };
  }

  verifyMediaUpgrade(request: MediaUpgradeRequest): void {
    if (headerValue(request.headers, 'authorization') !== `Bearer ${this.#secret}`) {
      throw new MediaAdmissionError(401, 'The upgrade is not the provider’s.');
    }
  }

  createMediaStream(socket: MediaSocket, options: PhoneMediaStreamOptions): PhoneMediaStream {
    return new BinaryMediaStream(socket, options);
  }

  async hangUp(call: PhoneCall): Promise<void> {
    await this.#command(call, { action: 'hangup' });
  }

  async announceAndHangUp(call: PhoneCall, text: string): Promise<void> {
    await this.#command(call, { action: 'transfer', document: [{ action: 'talk', text }] });
  }

  async dial(request: DialRequest): Promise<{ providerCallId: string }> {
    const { call, mediaUrl, ringTimeoutMs, machineDetection } = request;
    let created: Awaited<ReturnType<BinaryApi['create']>>;
    try {
      created = await this.#api.create({
        to: call.to,
        from: call.from,
        reference: call.id,
        ringMs: ringTimeoutMs,
        detectMachine: machineDetection !== 'off',
        document: [this.#endpoint(mediaUrl)],
      });
    } catch (cause) {
      throw new ProviderRequestError('No answer came.', { cause });
    }
    const { status, uuid } = created;
    if (status >= 400) {
      const providerCode = String(status);
      throw new ProviderRequestError('The call was refused.', { status, providerCode });
    }
    return { providerCallId: uuid };
  }

  async findDialled(call: PhoneCall): Promise<string | undefined> {
    return (await this.#api.find(call.id))[0];
  }

  async lookUp(call: PhoneCall): Promise<CallLookup> {
    const status = await this.#api.get(call.providerCallId ?? '');
    const progress = STATUSES[status ?? ''];
    if (progress) return { progress, providerCause: status };
    throw new ProviderRequestError('There is no such call.', { status: 404 });
  }

  async sendDigits({ call, digits, restartMedia }: DigitsRequest): Promise<void> {
    const document = [this.#endpoint(await restartMedia())];
    await this.#command(call, { action: 'dtmf', digits, document });
  }

  async transfer({ call, to }: TransferRequest): Promise<void> {
    const document: Instruction[] = [{ action: 'phone', number: to }];
    await this.#command(call, { action: 'transfer', document });
  }

  async connectCalls({ call, target }: ConnectRequest): Promise<void> {
    await this.#command(call, { action: 'connect', uuid: target.providerCallId ?? '' });
  }

  async resumeMedia(call: PhoneCall, mediaUrl: string): Promise<void> {
    await this.#command(call, { action: 'transfer', document: [this.#endpoint(mediaUrl)] });
  }

  async startRecording(call: PhoneCall, { channels }: { channels: 'mono' | 'stereo' }) {
    await this.#command(call, { action: 'record', isOn: true, isStereo: channels === 'stereo' });
  }

  async stopRecording(call: PhoneCall): Promise<void> {
    await this.#command(call, { action: 'record', isOn: false });
  }

  async #command(call: PhoneCall, command: Command): Promise<void> {
    const status = await this.#api.command(call.providerCallId ?? '', command);
    if (status === 404 && command.action === 'hangup') return;
    if (status >= 400) throw new ProviderRequestError('The command was refused.', { status });
  }

  #endpoint(uri: string): Instruction {
    return { action: 'websocket', uri, authorization: `Bearer ${this.#secret}` };
  }

  #document(answer: CallAnswer): WebhookResponse {
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(this.#instructions(answer)),
    };
  }

  #instructions(answer: CallAnswer): readonly Instruction[] {
    switch (answer.action) {
      case 'stream':
        return [this.#endpoint(answer.mediaUrl)];
      case 'forward':
        return [{ action: 'phone', number: answer.to }];
      case 'announce':
        return [{ action: 'talk', text: answer.text }];
      case 'reject':
        return [{ action: 'reject', reason: answer.reason }];
      case 'hang-up':
        return [];
    }
  }
}

class BinaryMediaStream extends PhoneMediaStream {
  constructor(socket: MediaSocket, options: PhoneMediaStreamOptions) {
    super(socket, options, {
      outboundFormat: { encoding: 'L16', sampleRate: 16000 },
      marks: false,
      reorderFrames: 0,
    });
  }

  protected override receive(data: Uint8Array, isBinary: boolean): void {
    if (isBinary) {
      this.receiveMedia(data);
      return;
    }
    const message = parse(data);
    const event = textOf(message, 'event');
    if (event === 'websocket:connected') {
      const id = textOf(message, 'uuid');
      this.receiveStart({
        streamId: id,
        providerCallId: id,
        inboundFormat: { encoding: 'L16', sampleRate: 16000 },
        parameters: {},
      });
    } else if (event === 'websocket:dtmf') this.receiveDigit(textOf(message, 'digit'));
    else this.warn('unknown-event', { event }, 'A message of an unknown kind came');
  }

  protected override writeAudio(bytes: Uint8Array): void {
    this.send(bytes);
  }

  protected override writeMark(): void {}

  protected override writeClear(): void {
    this.send('{"action":"clear"}');
  }
}
