import { randomBytes } from 'node:crypto';
import type { Clock } from '@phone-agents/core';
import type { CarrierWarning } from '../carrier-call.ts';
import type { CarrierFaults } from '../faults.ts';
import type { PhoneLine } from '../line/phone-line.ts';
import { createRandom } from '../random.ts';
import { TwilioMediaConnection, type MediaStreamEnd } from './media-stream.ts';
import type { ServerAddress } from './server-address.ts';
import { readStreamRequest, streamStatusCallback, type StreamRequest } from './stream-request.ts';
import { TwilioProblem } from './twilio-problem.ts';
import { signedUrl, signTwilioRequest, type FormFields } from './twilio-signature.ts';
import type { TwimlElement } from './twiml.ts';

/** What a call's streams are made with. */
export interface CallStreamsOptions {
  readonly clock: Clock;
  readonly authToken: string;
  readonly accountSid: string;
  readonly callSid: string;
  readonly address: ServerAddress;
  readonly faults: CarrierFaults;
  readonly seed: number;
  readonly line: PhoneLine;
  readonly onOpen: () => void;
  readonly onClose: (detail: string) => void;
  readonly onWarning: (warning: CarrierWarning) => void;
  /** Makes a stream status callback; never rejects. */
  readonly notify: (url: string, method: 'GET' | 'POST', fields: FormFields) => Promise<void>;
}

type StreamEvent = 'stream-started' | 'stream-stopped' | 'stream-error';

/** The bidirectional media streams of one call, one after the other. */
export class CallStreams {
  readonly #options: CallStreamsOptions;
  /** Those that still have a socket; the last one is, or was, in use. */
  readonly #connections = new Set<TwilioMediaConnection>();
  #opened = 0;
  #callbacks: Promise<void> = Promise.resolve();

  constructor(options: CallStreamsOptions) {
    this.#options = options;
  }

  /** Resolves when all stream status callbacks so far were made. */
  get idle(): Promise<void> {
    return this.#callbacks;
  }

  /** Resolves when no socket is left. */
  async released(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.released));
  }

  /** Opens the stream that `element` describes and resolves when it is over. Aborting ends it with `stop`. */
  async run(
    element: TwimlElement,
    documentUrl: string,
    signal: AbortSignal,
  ): Promise<MediaStreamEnd> {
    const streamSid = `MZ${randomBytes(16).toString('hex')}`;
    let request: StreamRequest;
    try {
      request = readStreamRequest(element, documentUrl);
    } catch (error) {
      if (!(error instanceof TwilioProblem)) throw error;
      const end: MediaStreamEnd = { kind: 'refused', errorCode: error.code, detail: error.message };
      const statusCallback = streamStatusCallback(element, documentUrl);
      this.#refused(
        end,
        { name: undefined, statusCallback, statusCallbackMethod: 'POST' },
        streamSid,
      );
      return end;
    }
    if (request.droppedQuery) {
      const message = 'A <Stream> URL has no query: it was left out. Use <Parameter> or the path.';
      this.#options.onWarning({ code: 31923, message });
    }
    return this.#connect(request, streamSid, signal);
  }

  /** The socket breaks without a word. */
  drop(): void {
    [...this.#connections].at(-1)?.drop();
  }

  /** Lets go of the network at once. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  async #connect(
    request: StreamRequest,
    streamSid: string,
    signal: AbortSignal,
  ): Promise<MediaStreamEnd> {
    const { clock, authToken, accountSid, callSid, address, faults, seed, line } = this.#options;
    const number = this.#opened++;
    const connection = new TwilioMediaConnection({
      url: address.toNetwork(request.url),
      signature: signTwilioRequest(authToken, signedUrl(request.url)),
      facts: { accountSid, callSid, streamSid, parameters: request.parameters },
      line,
      clock,
      faults,
      random: createRandom(seed, `media ${number}`),
      dropAfterMs:
        number < (faults.droppedSockets ?? Infinity) ? faults.dropMediaAfterMs : undefined,
      onOpen: () => {
        this.#report('stream-started', request, streamSid);
        this.#options.onOpen();
      },
      onWarning: this.#options.onWarning,
    });
    this.#connections.add(connection);
    void connection.released.then(() => this.#connections.delete(connection));
    const stop = (): void => connection.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const end = await connection.ended;
    signal.removeEventListener('abort', stop);
    if (end.kind === 'refused') this.#refused(end, request, streamSid);
    else this.#report('stream-stopped', request, streamSid);
    this.#options.onClose(end.detail);
    return end;
  }

  #refused(
    end: MediaStreamEnd,
    request: Pick<StreamRequest, 'name' | 'statusCallback' | 'statusCallbackMethod'>,
    streamSid: string,
  ): void {
    const code = end.errorCode ?? 31920;
    this.#options.onWarning({ code, message: end.detail });
    this.#report('stream-error', request, streamSid, `${code} - ${end.detail}`);
  }

  #report(
    event: StreamEvent,
    request: Pick<StreamRequest, 'name' | 'statusCallback' | 'statusCallbackMethod'>,
    streamSid: string,
    error?: string,
  ): void {
    const { statusCallback, statusCallbackMethod, name } = request;
    if (statusCallback === undefined) return;
    const { accountSid, callSid, clock, notify } = this.#options;
    const fields: FormFields = [
      ['AccountSid', accountSid],
      ['CallSid', callSid],
      ['StreamSid', streamSid],
      ['StreamName', name ?? streamSid],
      ['StreamEvent', event],
      ['Timestamp', new Date(clock.wallTimeMs()).toISOString()],
      ...(error === undefined ? [] : ([['StreamError', error]] as const)),
    ];
    this.#callbacks = this.#callbacks.then(() =>
      notify(statusCallback, statusCallbackMethod, fields),
    );
  }
}
