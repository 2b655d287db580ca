import type { Clock } from '../clock/clock.ts';
import { delay } from '../clock/clock.ts';
import { sharedTicker } from '../clock/ticker.ts';
import type { Phone } from '../phone/phone.ts';
import type { StatusReports } from '../testing/provider-stage.ts';
import type { LoopbackMediaSocket } from '../testing/loopback-media-socket.ts';
import { createLoopbackMediaSockets } from '../testing/loopback-media-socket.ts';
import type {
  SimulatedCall,
  SimulatedCallEnd,
  SimulatedCallOptions,
  SimulatedCarrier,
  SimulatedPhone,
} from '../testing/simulated-carrier.ts';
import { toneSamples } from '../testing/tone.ts';
import type { BinaryApi, Command, CreateCall, Instruction } from './binary-provider.ts';
import { signBody } from './binary-provider.ts';

const RATE = 16000;
const FRAME = RATE / 50;
const GREETING_HZ = 700;
const BEEP_HZ = 1_400;
const BEEP_MS = 300;
/** How long the carrier listens before it knows who has picked up. */
const DETECTION_MS = 600;
/** How long a call that was forwarded lasts. */
const FORWARD_MS = 100;
const FINAL = ['completed', 'busy', 'timeout', 'rejected', 'cancelled', 'failed'];

export interface BinaryCarrierOptions {
  readonly clock: Clock;
  readonly secret: string;
  /** Each incoming call is reported twice; the second answer counts. */
  readonly repeatsReports: boolean;
  /** How reports of calls that the server placed come; default: as they should. */
  readonly statusReports?: StatusReports | undefined;
  /** Calls are placed, but the answer to the request never comes. */
  readonly losesDialReplies?: boolean | undefined;
  /** What of ours it does not do, for tests of the tests. */
  readonly ignores?: 'clear' | 'hangup' | 'transfer' | 'audio' | undefined;
}

/** The carrier of {@link BinaryProvider}, in memory: it calls the phone's methods as a server would. */
export class BinaryCarrier implements SimulatedCarrier, BinaryApi {
  readonly provider = 'binary';
  readonly options: BinaryCarrierOptions;
  readonly dialled: BinaryCall[] = [];
  phone: Phone | undefined;
  readonly #phones = new Map<string, SimulatedPhone>();
  readonly #calls = new Map<string, BinaryCall>();
  #count = 0;

  constructor(options: BinaryCarrierOptions) {
    this.options = options;
  }

  async placeCall(options: SimulatedCallOptions = {}): Promise<SimulatedCall> {
    const id = `call-${++this.#count}`;
    const call = new BinaryCall(
      this,
      id,
      options.from ?? '+15005550010',
      options.to ?? '+15005550020',
    );
    this.#calls.set(id, call);
    void call.ring();
    return call;
  }

  setPhone(number: string, phone: SimulatedPhone): void {
    this.#phones.set(number, phone);
  }

  async create(request: CreateCall): Promise<{ status: number; uuid: string }> {
    const phone = this.#phones.get(request.to) ?? { does: 'answer' };
    if (phone.does === 'refuse') return { status: 422, uuid: '' };
    const id = `call-${++this.#count}`;
    const call = new BinaryCall(this, id, request.from, request.to, request);
    this.#calls.set(id, call);
    this.dialled.push(call);
    void call.beDialled(phone);
    if (this.options.losesDialReplies === true) throw new Error('socket hang up');
    return { status: 201, uuid: id };
  }

  async find(reference: string): Promise<readonly string[]> {
    const found = this.dialled.filter((call) => call.reference === reference);
    return found.map(({ providerCallId }) => providerCallId).reverse();
  }

  async get(callId: string): Promise<string | undefined> {
    return this.#calls.get(callId)?.status;
  }

  async command(callId: string, command: Command): Promise<number> {
    const call = this.#calls.get(callId);
    if (!call || call.isEnded) return 404;
    if (command.action === this.options.ignores) return 204;
    switch (command.action) {
      case 'hangup':
        call.end({ by: 'server' });
        break;
      case 'transfer':
        void call.follow(command.document);
        break;
      case 'dtmf':
        call.hearDigits(command.digits);
        void call.follow(command.document);
        break;
      case 'record':
        call.record(command.isOn);
        break;
      case 'connect': {
        const other = this.#calls.get(command.uuid);
        if (!other || other.isEnded) return 404;
        call.connectWith(other);
      }
    }
    return 204;
  }

  async close(): Promise<void> {
    for (const call of this.#calls.values()) call.end({ by: 'failed', detail: 'closed' });
  }

  /** Sends a webhook; gives the document of its answer, or undefined where that is unusable. */
  async report(path: string, report: object): Promise<readonly Instruction[] | undefined> {
    const rawBody = Buffer.from(JSON.stringify(report));
    const { status, body } = await this.phone!.handleWebhook({
      method: 'POST',
      path: `/binary/${path}`,
      query: '',
      headers: { authorization: signBody(this.options.secret, rawBody) },
      rawBody,
    });
    if (status === 200) return JSON.parse(body) as Instruction[];
    return status === 204 ? [] : undefined;
  }
}

/** One call at {@link BinaryCarrier}. */
export class BinaryCall implements SimulatedCall {
  readonly providerCallId: string;
  readonly sampleRate = RATE;
  /** What the server calls it by. */
  readonly reference: string | undefined;
  readonly to: string;
  status = 'started';
  readonly connected: Promise<boolean>;
  readonly ended: Promise<SimulatedCallEnd>;
  readonly announcements: string[] = [];
  playedMs = 0;
  receivedDigits = '';
  readonly #carrier: BinaryCarrier;
  readonly #from: string;
  readonly #request: CreateCall | undefined;
  readonly #mouth: { readonly samples: Int16Array; at: number; readonly said: () => void }[] = [];
  readonly #buffer: Int16Array[] = [];
  readonly #listeners = new Set<Parameters<SimulatedCall['onHeard']>[0]>();
  readonly #spoken = new Int16Array(FRAME);
  readonly #silence = new Int16Array(FRAME);
  #heardSamples = 0;
  #socket: LoopbackMediaSocket | undefined;
  #isEnded = false;
  #isAnswered = false;
  #stopTicking = (): void => {};
  #resolveConnected!: (connected: boolean) => void;
  #resolveEnded!: (end: SimulatedCallEnd) => void;

  readonly #over = new AbortController();
  #held: string | undefined;
  #peer: BinaryCall | undefined;
  /** What the phone that this one is connected with said last. */
  readonly #peerFrames: Int16Array[] = [];
  #recordings = 0;
  #isRecorded = false;
  #isOver = false;

  constructor(carrier: BinaryCarrier, id: string, from: string, to: string, request?: CreateCall) {
    this.#carrier = carrier;
    this.providerCallId = id;
    this.#from = from;
    this.to = to;
    this.#request = request;
    this.reference = request?.reference;
    this.connected = new Promise((resolve) => (this.#resolveConnected = resolve));
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get bufferedMs(): number {
    return this.#buffer.length * 20;
  }

  async ring(): Promise<void> {
    const report = { uuid: this.providerCallId, from: this.#from, to: this.to };
    const asked = this.#carrier.report('answer', report);
    const answered = this.#carrier.options.repeatsReports
      ? this.#carrier.report('answer', report)
      : asked;
    await this.follow(await answered);
  }

  hearDigits(digits: string): void {
    this.receivedDigits += digits;
  }

  record(isOn: boolean): void {
    if (this.#isRecorded && !isOn) {
      const recording = `recording-${++this.#recordings}`;
      const { providerCallId: uuid, reference } = this;
      void this.#carrier.report('event', { uuid, reference, status: 'recorded', recording });
    }
    this.#isRecorded = isOn;
  }

  /** From now on both phones hear each other, and nobody else. */
  connectWith(other: BinaryCall): void {
    for (const [call, peer] of [
      [this, other],
      [other, this],
    ] as const) {
      call.#closeMedia();
      call.#peer = peer;
      void peer.ended.then(() => call.end({ by: 'server', detail: 'the other side hung up' }));
    }
  }

  hearPeer(samples: Int16Array): void {
    this.#peerFrames.push(samples);
  }

  #closeMedia(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#buffer.length = 0;
    socket?.close(1000, '');
  }

  /** The server calls the phone. */
  async beDialled(phone: SimulatedPhone): Promise<void> {
    const { clock } = this.#carrier.options;
    const { ringMs, document, detectMachine } = this.#request!;
    const afterMs = phone.afterMs ?? 200;
    this.#tell('started');
    await delay(clock, 20, this.#over.signal);
    if (this.#isEnded) return;
    this.#tell('ringing');
    const ringsMs = phone.does === 'ring' ? ringMs : Math.min(afterMs, ringMs);
    await delay(clock, ringsMs, this.#over.signal);
    if (this.#isEnded) return;
    if (phone.does === 'busy') this.end({ by: 'rejected', detail: 'busy' }, 'busy');
    else if (phone.does === 'reject') this.end({ by: 'rejected' }, 'rejected');
    else if (phone.does === 'fail') this.end({ by: 'failed' }, 'failed');
    else if (phone.does === 'ring' || afterMs > ringMs) this.end({ by: 'unanswered' }, 'timeout');
    else {
      this.#tell('answered');
      void this.follow(document);
      if (phone.does === 'machine') await this.#beMachine(phone, detectMachine);
      else if (detectMachine) {
        await delay(clock, DETECTION_MS, this.#over.signal);
        if (!this.#isEnded) this.#tell('human');
      }
    }
  }

  async #beMachine({ greetingMs = 1_500 }: SimulatedPhone, isDetected: boolean): Promise<void> {
    const { clock } = this.#carrier.options;
    const detected = delay(clock, DETECTION_MS, this.#over.signal);
    if (isDetected) void detected.then(() => this.#tell('machine'));
    await this.connected;
    await this.speak(toneSamples(GREETING_HZ, RATE, greetingMs));
    await this.speak(toneSamples(BEEP_HZ, RATE, BEEP_MS));
    if (isDetected) this.#tell('beep');
  }

  /** Tells the server what happens to a call that it placed, as well as this carrier does. */
  #tell(status: string): void {
    if (!['human', 'machine', 'beep'].includes(status)) this.status = status;
    if (this.#request === undefined || this.#isOver) return;
    this.#isOver = FINAL.includes(status);
    const reports = this.#carrier.options.statusReports ?? 'in-order';
    if (reports === 'lost') return;
    const held = this.#held;
    this.#held = undefined;
    if (reports === 'reordered' && held === undefined && !FINAL.includes(status)) {
      this.#held = status;
      return;
    }
    for (const told of held === undefined ? [status] : [status, held]) {
      for (let times = reports === 'doubled' ? 2 : 1; times > 0; times--) {
        const report = { uuid: this.providerCallId, reference: this.reference, status: told };
        void this.#carrier.report('event', report);
      }
    }
  }

  /** Does what a document says. */
  async follow(document: readonly Instruction[] | undefined): Promise<void> {
    if (this.#isEnded) return;
    const instruction = document?.[0];
    if (!document) this.end({ by: 'failed', detail: 'no document' });
    else if (!instruction) this.end({ by: 'server' });
    else if (instruction.action === 'reject') {
      this.end({ by: 'rejected', detail: instruction.reason });
    } else if (instruction.action === 'phone') {
      this.#closeMedia();
      await delay(this.#carrier.options.clock, FORWARD_MS, this.#over.signal);
      this.end({ by: 'forwarded', detail: instruction.number });
    } else if (instruction.action === 'talk') {
      this.announcements.push(instruction.text);
      await this.follow(document.slice(1));
    } else await this.#openMedia(instruction);
  }

  speak(samples: Int16Array): Promise<void> {
    return new Promise((said) => this.#mouth.push({ samples: samples.slice(), at: 0, said }));
  }

  press(digits: string): void {
    for (const digit of digits) this.#say({ event: 'websocket:dtmf', digit, duration: 260 });
  }

  onHeard(listener: Parameters<SimulatedCall['onHeard']>[0]): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hangUp(): void {
    this.end({ by: 'caller' });
  }

  dropMedia(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    const report = { uuid: this.providerCallId, status: 'disconnected' };
    void this.#carrier.report('event', report).then((document) => this.follow(document));
  }

  /** The media socket is lost, and nobody is told. */
  loseMedia(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  /** The call is gone, and nobody is told. */
  vanish(): void {
    this.#isOver = true;
    this.loseMedia();
    this.end({ by: 'caller' });
  }

  end(end: SimulatedCallEnd, status = this.#isAnswered ? 'completed' : 'cancelled'): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.record(false);
    this.#over.abort();
    this.#stopTicking();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000, '');
    for (const { said } of this.#mouth.splice(0)) said();
    this.#resolveConnected(false);
    this.#resolveEnded(end);
    if (this.#request === undefined) {
      void this.#carrier.report('event', { uuid: this.providerCallId, status });
    } else this.#tell(status);
  }

  async #openMedia(endpoint: Extract<Instruction, { action: 'websocket' }>): Promise<void> {
    this.#closeMedia();
    const { ours, theirs } = createLoopbackMediaSockets();
    try {
      const admission = await this.#carrier.phone!.admitMedia({
        // What mounts a phone takes the prefix of its public address off.
        path: new URL(endpoint.uri).pathname.replace(/^\/phone/, ''),
        query: '',
        headers: { authorization: endpoint.authorization },
      });
      if (this.#isEnded) return;
      admission.accept(ours);
    } catch (error) {
      this.end({ by: 'failed', detail: String(error) });
      return;
    }
    this.#socket = theirs;
    theirs.setHandlers({
      message: (data, isBinary) => {
        const { ignores } = this.#carrier.options;
        if (ignores === (isBinary ? 'audio' : 'clear')) return;
        if (!isBinary) this.#buffer.length = 0;
        else if (data.length === 2 * FRAME) {
          this.#buffer.push(new Int16Array(new Uint8Array(data).buffer));
        } else this.end({ by: 'failed', detail: `a frame of ${data.length} bytes` });
      },
      close: () => {
        if (this.#socket === theirs && this.#carrier.options.ignores === undefined)
          this.end({ by: 'server', detail: 'socket closed' });
      },
      error: () => {},
    });
    this.#say({
      event: 'websocket:connected',
      uuid: this.providerCallId,
      'content-type': `audio/l16;rate=${RATE}`,
    });
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#stopTicking = sharedTicker(this.#carrier.options.clock).subscribe(() => this.#tick());
    this.#resolveConnected(true);
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #tick(): void {
    this.#spoken.fill(0);
    const speech = this.#mouth[0];
    if (speech) {
      this.#spoken.set(speech.samples.subarray(speech.at, speech.at + FRAME));
      speech.at += FRAME;
      if (speech.at >= speech.samples.length) {
        this.#mouth.shift();
        speech.said();
      }
    }
    this.#socket?.send(new Uint8Array(this.#spoken.buffer));
    this.#peer?.hearPeer(this.#spoken.slice());
    const ours = this.#buffer.shift();
    if (ours) this.playedMs += 20;
    const samples = ours ?? this.#peerFrames.shift();
    for (const listener of this.#listeners) {
      listener({
        samples: samples ?? this.#silence,
        sampleRate: RATE,
        timestampSamples: this.#heardSamples,
      });
    }
    this.#heardSamples += FRAME;
  }
}
