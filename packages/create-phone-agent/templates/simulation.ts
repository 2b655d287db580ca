import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VoiceAgent } from '@phone-agents/agent';
import { createBrowserPhone, createTwilioCarrier } from '@phone-agents/simulator';

/** A carrier on this machine that stands in for Twilio, and a telephone at `/` to call with. */
export async function simulate(agent: VoiceAgent) {
  const carrier = await createTwilioCarrier();
  const browserPhone = createBrowserPhone(carrier, { agent });
  return {
    carrier,
    app: (request: IncomingMessage, response: ServerResponse): void => {
      if (browserPhone.handleRequest(request, response)) return;
      // Where `npm run call` finds the carrier.
      if (request.url === '/simulator') {
        response.writeHead(307, { location: `${carrier.apiBaseUrl}/simulator` }).end();
      } else response.writeHead(404).end();
    },
    upgrade: browserPhone.handleUpgrade,
    close: async (): Promise<void> => {
      await browserPhone.close();
      await carrier.close();
    },
  };
}
