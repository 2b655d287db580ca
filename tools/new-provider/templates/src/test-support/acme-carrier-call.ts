import { decodeMulaw, encodeMulaw, systemClock } from '@phone-agents/core';
import type { SimulatedCallEnd } from '@phone-agents/core/testing';
import type { CallerSink } from '@phone-agents/simulator/carrier-kit';
import { CarrierSocket, LineCall } from '@phone-agents/simulator/carrier-kit';
import type { AcmeCarrier } from './acme-carrier.ts';

/** What Acme is told to do with a call, in the answer to a webhook or by REST. */
export type Instruction =
  | { readonly action: 'stream'; readonly url: string }
  | { readonly action: 'reject'; readonly reason: string }
  | { readonly action: 'forward'; readonly to: string }
  | { readonly action: 'say'; readonly text: string }
  | { readonly action: 'hang-up' };

/** What our side says on the media socket. */
interface OurMessage {
  readonly event: string;
  readonly mark?: { readonly name: string };
  readonly media?: { readonly payload: string };
}

/** One call at the stand-in. */
export class AcmeCall extends LineCall {
  readonly providerCallId: string;
  readonly from: string;
  readonly to: string;
  readonly settled: Promise<void>;
  readonly #carrier: AcmeCarrier;
  #socket: CarrierSocket | undefined;
  #lastReport: Promise<unknown> = Promise.resolve();

  constructor(carrier: AcmeCarrier, facts: { callId: string; from: string; to: string }) {
    super({
      clock: systemClock,
      ticker: carrier.ticker,
      sampleRate: 8000,
      record: false,
      onProgress: undefined,
      onListenerError: (error) => {
        throw error;
      },
    });
    this.#carrier = carrier;
    this.providerCallId = facts.callId;
    this.from = facts.from;
    this.to = facts.to;
    this.settled = this.ended.then(async () => void (await this.#lastReport));
  }

  /** Does what the answer to a webhook says. */
  follow(answer: Promise<Instruction | undefined>): void {
    answer.then(
      (instruction) => this.#do(instruction ?? { action: 'hang-up' }),
      (error: unknown) => this.#end({ by: 'failed', detail: String(error) }, 'failed'),
    );
  }

  /** Does what a REST request says, instead of what was going on. */
  command(instruction: Instruction): void {
    this.#closeMedia();
    this.#do(instruction);
  }

  hangUp(): void {
    this.#end({ by: 'caller' }, this.isAnswered ? 'completed' : 'canceled');
  }

  dropMedia(): void {
    this.#socket?.drop();
  }

  #do(instruction: Instruction): void {
    if (this.isEnded) return;
    switch (instruction.action) {
      case 'stream':
        if (!this.isAnswered) this.answered();
        return this.#openMedia(instruction.url);
      case 'reject':
        return this.#end({ by: 'rejected', detail: instruction.reason }, 'busy');
      case 'forward':
        return this.#end({ by: 'forwarded', detail: instruction.to }, 'completed');
      case 'say':
        this.announced(instruction.text);
        return this.#end({ by: 'server' }, 'completed');
      case 'hang-up':
        return this.#end({ by: 'server' }, 'completed');
    }
  }

  #openMedia(url: string): void {
    const bytes = new Uint8Array(160);
    const silence = new Int16Array(160);
    let chunk = 0;
    const send = (event: string, body: object): void =>
      socket.send(JSON.stringify({ event, streamId: this.providerCallId, [event]: body }));
    const sink: CallerSink = {
      audio: (samples) => {
        encodeMulaw(samples ?? silence, bytes);
        const payload = Buffer.from(bytes).toString('base64');
        const timestamp = String(20 * chunk++);
        send('media', { track: 'inbound', chunk: String(chunk), timestamp, payload });
      },
      digit: (digit) => send('dtmf', { digit }),
      mark: (name) => send('mark', { name }),
    };
    const socket = new CarrierSocket({
      url,
      clock: this.clock,
      onOpen: () => {
        const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000 };
        send('start', { callId: this.providerCallId, mediaFormat });
        this.line.connect(sink);
        this.mediaOpened();
      },
      onMessage: (data) => this.#receive(JSON.parse(data.toString()) as OurMessage),
      onOver: () => this.line.disconnect(sink),
    });
    this.#socket = socket;
    void socket.ended.then(() => {
      if (this.#socket !== socket || this.isEnded) return;
      this.#socket = undefined;
      // The server is asked what is next.
      this.follow(this.#report({ event: 'media-ended', callId: this.providerCallId }));
    });
  }

  #receive({ event, mark, media }: OurMessage): void {
    const { playback } = this.line;
    if (event === 'clear') playback.clear(this.clock.now());
    else if (event === 'mark') playback.mark(mark?.name ?? '');
    else if (event === 'media') {
      const audio = Buffer.from(media?.payload ?? '', 'base64');
      playback.write(decodeMulaw(audio, new Int16Array(audio.length)), this.clock.now());
    }
  }

  #closeMedia(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.send(JSON.stringify({ event: 'stop', streamId: this.providerCallId }));
    socket?.stop();
  }

  #end(end: SimulatedCallEnd, status: string): void {
    if (!this.putDown()) return;
    this.#closeMedia();
    void this.#report({ event: 'status', callId: this.providerCallId, status }).catch(() => {});
    this.finished(end);
  }

  #report(message: object): Promise<Instruction | undefined> {
    const report = this.#carrier.report(message);
    this.#lastReport = report.catch(() => {});
    return report;
  }
}
