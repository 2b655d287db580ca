import { setTimeout as pause } from 'node:timers/promises';
import { createVoiceAgent, phoneTools } from '@phone-agents/agent';
import type { ScriptedRequest } from '@phone-agents/agent/testing';
import { createToneSpeech, encodeTones, scriptedModel } from '@phone-agents/agent/testing';
import { systemClock } from '@phone-agents/core';
import type { CarrierCall } from '@phone-agents/simulator';
import { untilHeard, untilQuiet } from '@phone-agents/simulator';
import type { LanguageModel } from 'ai';
import { tool } from 'ai';
import { z } from 'zod';
import type { SoakLine, SoakScenario } from './soak-scenario.ts';
import { createSdkTelemetry } from './sdk-telemetry.ts';

const LINE_RATE = 8_000;
/** Longer than any pause within an answer. */
const QUIET_MS = 900;
const GIVE_UP_MS = 30_000;
const DESK = '+15005550040';

/** Ways for a call to end; calls take them in turn. */
const ENDINGS = [
  'hung up while ringing',
  'caller hangs up into an answer',
  'the model hangs up',
  'media drops',
  'we hang up',
  'transferred',
] as const;

function answer({ text, toolResults }: ScriptedRequest) {
  const [done] = Object.keys(toolResults);
  if (done !== undefined) return done === 'hangUp' ? '' : `${done} done.`;
  if (text === 'find') return { text: 'I look.', toolCalls: [{ toolName: 'find' }] };
  if (text === 'pin') return { text: 'Type it.', toolCalls: [{ toolName: 'collectDigits' }] };
  if (text === 'bye') return { text: 'Goodbye.', toolCalls: [{ toolName: 'hangUp' }] };
  if (text === 'desk') {
    const toolCalls = [{ toolName: 'transferCall', input: { destination: 'desk' } }];
    return { text: 'One moment.', toolCalls };
  }
  return text === 'story'
    ? 'It is long. It has many words, and more of them, and more, and then some more.'
    : 'Fine.';
}

/** Answers without keeping what it was asked, as a scripted model does for its test. */
const model: LanguageModel = {
  specificationVersion: 'v4',
  provider: 'soak',
  modelId: 'soak',
  supportedUrls: {},
  doGenerate: () => Promise.reject(new Error('An agent streams.')),
  doStream: (options) => scriptedModel([], { otherwise: answer }).doStream(options),
};

function noise(durationMs: number): Int16Array {
  return Int16Array.from(
    { length: (durationMs * LINE_RATE) / 1000 },
    () => (Math.random() - 0.5) * 8_000,
  );
}

/**
 * The whole agent: turns, an AI SDK model with tools, interruptions, false ones, keys, transfers, the
 * conversation's record, and OpenTelemetry's SDK. Words are tones, which takes no recogniser.
 */
export function createAgentScenario(): SoakScenario {
  const speech = createToneSpeech({
    clock: systemClock,
    recognitionDelayMs: 50,
    synthesisDelayMs: 50,
    interim: true,
  });
  const agent = createVoiceAgent({
    ...speech,
    greeting: 'AI here.',
    instructions: 'Answer.',
    model,
    silence: {},
    tools: (context) => ({
      ...phoneTools(context, { destinations: { desk: 'People.' } }),
      find: tool({ inputSchema: z.object({}), execute: async () => ({ found: true }) }),
    }),
  });
  const kinds = new Set<object>();
  agent.on('session-started', (session) => {
    kinds.add(session.constructor).add(session.record.constructor);
  });
  return {
    answer: agent,
    kinds: () => [...kinds] as (new () => object)[],
    telemetry: createSdkTelemetry(),
    destinations: { desk: DESK },
    async oneCall(line, index) {
      const ending = ENDINGS[index % ENDINGS.length]!;
      const placed = await line.carrier.placeCall();
      if (ending !== 'hung up while ringing') await converse(placed);
      await end(ending, placed, line);
      await placed.settled;
    },
  };
}

async function converse(call: CarrierCall): Promise<void> {
  if (!(await call.connected)) throw new Error('A call was not connected.');
  await heardOut(call);
  await say(call, 'find');
  await heardOut(call);
  await say(call, 'pin');
  await heardOut(call);
  call.press('12#');
  await heardOut(call);
  await say(call, 'story');
  await heard(call, 800);
  await call.speak(noise(500));
  // Longer than the silence that ends a turn: the noise is one of its own.
  await pause(900);
  await say(call, 'stop');
  await heardOut(call);
}

async function end(
  ending: (typeof ENDINGS)[number],
  call: CarrierCall,
  { phone }: SoakLine,
): Promise<void> {
  switch (ending) {
    case 'the model hangs up':
      return say(call, 'bye');
    case 'transferred':
      return say(call, 'desk');
    case 'we hang up':
      await phone.calls.findByProviderCallId('twilio', call.providerCallId)?.hangUp();
      return;
    case 'media drops':
      call.dropMedia();
      return call.hangUp();
    case 'hung up while ringing':
      await pause(20);
      return call.hangUp();
    case 'caller hangs up into an answer':
      await say(call, 'story');
      await heard(call, 500);
      call.hangUp();
  }
}

async function say(call: CarrierCall, text: string): Promise<void> {
  await call.speak(encodeTones(text, LINE_RATE, 'caller'));
}

async function heardOut(call: CarrierCall): Promise<void> {
  if (!(await untilQuiet(call, { quietMs: QUIET_MS, giveUpMs: GIVE_UP_MS }))) fail();
}

async function heard(call: CarrierCall, durationMs: number): Promise<void> {
  if (!(await untilHeard(call, durationMs, GIVE_UP_MS))) fail();
}

function fail(): never {
  throw new Error('A call took another course: nothing more was heard of the agent.');
}
