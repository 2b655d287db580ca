import assert from 'node:assert/strict';
import test from 'node:test';
import { createPhone } from '@phone-agents/core';
import { servePhone } from '@phone-agents/express';
import { createTwilioCarrier, untilQuiet } from '@phone-agents/simulator';
import { createTwilioProvider } from '@phone-agents/twilio';
import { createAgent } from './agent.ts';

test('a caller who presses 1 hears the opening hours', async () => {
  const agent = await createAgent();
  const transcript: string[] = [];
  agent.on('session-started', (session) => {
    session.on('transcript-added', ({ role, text }) => transcript.push(`${role}: ${text}`));
  });
  const carrier = await createTwilioCarrier();
  const provider = createTwilioProvider({ environment: carrier.environment });
  const phone = createPhone({ provider, answer: agent });
  const server = await servePhone(phone, { port: 0, host: '127.0.0.1' });
  carrier.configureNumber({ webhookUrl: server.url });
  try {
    const call = await carrier.placeCall();
    assert.equal(await call.connected, true);
    call.press('1'); // interrupts the greeting
    await untilQuiet(call); // hears the answer out
    call.hangUp();
    await call.settled;
    assert.match(transcript.at(-1) ?? '', /^agent: .*nine to five/);
  } finally {
    await phone.close();
    await carrier.close();
    await server.close();
  }
});
