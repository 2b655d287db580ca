import { createHmac, randomUUID } from 'node:crypto';
import { systemClock } from '@phone-agents/core';
import type { SimulatedCallOptions, SimulatedCarrier } from '@phone-agents/core/testing';
import type { LocalServer } from '@phone-agents/simulator/carrier-kit';
import { FrameTicker, readBody, startLocalServer } from '@phone-agents/simulator/carrier-kit';
import type { Instruction } from './acme-carrier-call.ts';
import { AcmeCall } from './acme-carrier-call.ts';

const API_KEY = 'an API key of these tests';
const WEBHOOK_SECRET = 'a webhook secret of these tests';

/**
 * A stand-in of Acme on this machine. Its protocol is invented: replace the webhooks here, and the
 * media messages in `acme-carrier-call.ts`, by what Acme's documentation says, or the plugin is
 * proved against nothing.
 */
export class AcmeCarrier implements SimulatedCarrier {
  readonly provider = 'acme';
  readonly ticker = new FrameTicker(systemClock, (error) => {
    throw error;
  });
  /** Where webhooks go. */
  webhookUrl = '';
  readonly #repeatsReports: boolean;
  readonly #calls = new Map<string, AcmeCall>();
  #rest!: LocalServer;

  private constructor(repeatsReports: boolean) {
    this.#repeatsReports = repeatsReports;
  }

  static async start(options: { readonly repeatsReports: boolean }): Promise<AcmeCarrier> {
    const carrier = new AcmeCarrier(options.repeatsReports);
    carrier.#rest = await startLocalServer(0, async (request, response) => {
      const body = await readBody(request);
      const [, callId = ''] = /^\/calls\/([^/]+)$/.exec(request.url ?? '') ?? [];
      const call = carrier.#calls.get(callId);
      if (request.headers.authorization !== `Bearer ${API_KEY}`) response.writeHead(401);
      else if (!call) response.writeHead(404);
      else {
        response.writeHead(204);
        call.command(JSON.parse(body ?? '') as Instruction);
      }
      response.end();
    });
    return carrier;
  }

  /** All that the plugin needs. */
  get environment(): Readonly<Record<string, string>> {
    return {
      ACME_API_KEY: API_KEY,
      ACME_WEBHOOK_SECRET: WEBHOOK_SECRET,
      ACME_API_BASE_URL: this.#rest.baseUrl,
    };
  }

  async placeCall(options: SimulatedCallOptions = {}): Promise<AcmeCall> {
    const { from = '+15005550010', to = '+15005550020' } = options;
    const call = new AcmeCall(this, { callId: randomUUID(), from, to });
    this.#calls.set(call.providerCallId, call);
    void call.ended.then(() => this.#calls.delete(call.providerCallId));
    const report = { event: 'incoming', callId: call.providerCallId, from, to };
    call.follow(this.report(report));
    if (this.#repeatsReports) this.report(report).catch(() => {});
    return call;
  }

  /** Sends a signed webhook; resolves with the instruction in its answer, if it has one. */
  async report(message: object): Promise<Instruction | undefined> {
    const body = JSON.stringify(message);
    const signature = createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex');
    const response = await fetch(this.webhookUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-acme-signature': signature },
      body,
    });
    if (!response.ok) throw new Error(`The webhook was answered with ${response.status}.`);
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as Instruction);
  }

  async close(): Promise<void> {
    const calls = [...this.#calls.values()];
    for (const call of calls) call.hangUp();
    await Promise.all(calls.map(({ settled }) => settled));
    this.ticker.stop();
    await this.#rest.close();
  }
}
