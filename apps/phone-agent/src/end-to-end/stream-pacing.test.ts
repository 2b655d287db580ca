import { createVoiceAgent } from '@phone-agents/agent';
import { createToneSpeech } from '@phone-agents/agent/testing';
import { FRAME_DURATION_MS, delay, silentLogger, systemClock } from '@phone-agents/core';
import { createStreamStandin } from '@phone-agents/stream-standin';
import { createStreamVideoEdge } from '@phone-agents/stream-video';
import { startServer } from '../server.ts';
import { readSettings } from '../settings.ts';

/** Rendered at once; 60 ms of speech a letter. */
const GREETING =
  'This is a greeting of one hundred letters, and it is said no faster than it can be heard by others.';
const FRAMES = 150;
/** A machine that stumbled catches up on so many. */
const CATCH_UP_FRAMES = 25;

test('speech that is rendered at once reaches a call on Stream at 50 frames a second', async () => {
  const standin = await createStreamStandin();
  const { apiKey, apiSecret, url: baseUrl } = standin;
  const settings = readSettings({
    PHONE_NETWORK: 'simulated',
    PORT: '0',
    EDGE: 'stream',
    STREAM_API_KEY: apiKey,
    STREAM_API_SECRET: apiSecret,
    STREAM_BASE_URL: baseUrl,
  });
  const agent = createVoiceAgent({
    ...createToneSpeech(),
    greeting: GREETING,
    responder: () => 'Yes.',
  });
  const server = await startServer(settings, { agent, logger: silentLogger });
  try {
    const caller = await server.carrier!.placeCall();
    await caller.connected;
    const [call] = server.phone.calls.listActive();
    const edge = createStreamVideoEdge({ apiKey, apiSecret, baseUrl, environment: {} });
    const edgeCall = await edge.createCall({ id: call!.id });
    const startedAtMs = performance.now();
    const listener = await edgeCall.join({ id: 'listener' }, { sampleRate: 8000 });
    let frames = 0;
    let mostAhead = 0;
    listener.onAudio((_, { id }) => {
      if (id !== 'agent') return;
      frames++;
      const due = (performance.now() - startedAtMs) / FRAME_DURATION_MS;
      mostAhead = Math.max(mostAhead, frames - due);
    });
    while (frames < FRAMES) await delay(systemClock, FRAME_DURATION_MS);
    expect(mostAhead).toBeLessThan(CATCH_UP_FRAMES);
    await listener.leave();
    caller.hangUp();
  } finally {
    await server.close();
    await standin.close();
  }
});
