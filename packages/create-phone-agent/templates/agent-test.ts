import assert from 'node:assert/strict';
import test from 'node:test';
import { callAgent } from '@phone-agents/testing';
import { createAgent } from './agent.ts';

// A caller on a virtual line: words and keys go through codecs and the carrier's messages, time is
// virtual, and nothing needs a key or a network. `caller.hears` fails with the whole conversation.
test('a caller asks for parking, and presses 1 for the opening hours', async () => {
  const caller = await callAgent(await createAgent(), { carrier: 'twilio' });
  try {
    await caller.hears(/AI assistant/);
    await caller.say('Do you have parking?');
    await caller.hears(/behind the house/);
    await caller.press('1');
    await caller.hears(/nine to five/);
  } finally {
    await caller.hangUp();
  }
  assert.equal(caller.end?.reason, 'remote-hung-up');
});
