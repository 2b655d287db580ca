import type { Telemetry, TelemetrySpan } from '@phone-agents/core';
import { silentLogger } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import { tool } from 'ai';
import { z } from 'zod';
import { scriptedModel } from '../testing/scripted-model.ts';
import { TestCall } from '../testing/test-call.ts';
import { createToneSpeech } from '../testing/tone-speech.ts';
import { createVoiceAgent } from '../voice-agent.ts';
import type { ConversationItem } from './conversation-record.ts';

interface Span {
  readonly name: string;
  readonly parent: string | undefined;
  readonly startMs: number | undefined;
  endMs?: number | undefined;
  error?: unknown;
}

/** Keeps what it is told, names only where values may differ. */
class KeepingTelemetry implements Telemetry {
  readonly counts: string[] = [];
  readonly values = new Map<string, number[]>();
  readonly spans: Span[] = [];
  readonly #names = new Map<TelemetrySpan, string>();

  count(name: string): void {
    this.counts.push(name);
  }

  record(name: string, value: number): void {
    this.values.set(name, [...(this.values.get(name) ?? []), value]);
  }

  startSpan(...[name, , options]: Parameters<Telemetry['startSpan']>): TelemetrySpan {
    const parent = options?.parent && this.#names.get(options.parent);
    const span: Span = { name, parent, startMs: options?.startTimeMs };
    this.spans.push(span);
    const handle: TelemetrySpan = {
      setAttribute: () => {},
      end: (error, endMs) => Object.assign(span, { endMs, error }),
    };
    this.#names.set(handle, name);
    return handle;
  }
}

async function converse() {
  const clock = new ManualClock();
  const telemetry = new KeepingTelemetry();
  const agent = createVoiceAgent({
    ...createToneSpeech({ clock, recognitionDelayMs: 100, synthesisDelayMs: 60 }),
    greeting: 'AI here.',
    fillers: false,
    model: scriptedModel(
      [
        { text: 'I look.', delayMs: 200, toolCalls: [{ toolName: 'find' }] },
        'It is a very long story that nobody wants to hear to its end.',
        { error: new Error('quota') },
      ],
      { clock },
    ),
    tools: { find: tool({ inputSchema: z.object({}), execute: () => ({ found: true }) }) },
  });
  let isPrepared = false;
  void agent.prepare().then(() => (isPrepared = true));
  while (!isPrepared) await clock.advance(100);
  const test = await TestCall.ring(clock);
  const { call } = test;
  test.session = await agent.join(test.edgeCall, {
    call,
    signal: call.signal,
    clock,
    logger: silentLogger,
    telemetry,
  });
  const seen: ConversationItem[] = [];
  const reading = (async () => {
    for await (const item of test.session.record) seen.push(item);
  })();
  await test.attach();
  await clock.advance(1_000);
  test.phone.say('find it');
  await clock.advance(3_000);
  test.phone.cough();
  await clock.advance(1_500);
  test.phone.say('stop stop');
  await clock.advance(7_000);
  await call.hangUp();
  await test.session.close();
  await reading;
  return { test, telemetry, seen };
}

test('the record holds speech, tool calls, interruptions and delays, while it happens and as JSON', async () => {
  const { test, seen } = await converse();
  const { record } = test.session;
  expect(seen).toEqual(record.items);
  expect(seen.map(({ type }) => type)).toEqual([
    'speech',
    'speech',
    'tool-call',
    'turn',
    'interruption',
    'resumption',
    'interruption',
    'speech',
    'speech',
    'speech',
  ]);
  const json = JSON.parse(JSON.stringify(record)) as Record<string, unknown>;
  expect(json).toMatchObject({
    version: 1,
    callId: 'call-1',
    provider: 'loopback',
    direction: 'inbound',
    createdAt: '2026-11-22T09:41:00.100Z',
    endReason: 'hung-up',
  });
  expect(JSON.stringify(json)).not.toContain('+1500');
  const cut = seen.filter((item) => item.type === 'speech').find((item) => item.interrupted);
  expect(cut).toMatchObject({ role: 'agent', heardText: expect.stringMatching(/^I look\. It is/) });
  const interruptions = seen.filter((item) => item.type === 'interruption');
  // The caller heard nothing more of it after it was accepted.
  expect(cut!.endMs - interruptions[1]!.acceptedAtMs).toBeLessThanOrEqual(40);
});

test('each turn is measured in parts that add up, and becomes a span with parts', async () => {
  const { seen, telemetry } = await converse();
  const turn = seen.find((item) => item.type === 'turn')!;
  expect(turn).toMatchObject({ turn: 1, input: 'speech', recognitionMs: 100, firstTextMs: 200 });
  expect(turn.firstSamplesMs).toBe(60);
  const { endOfTurnMs, recognitionMs, firstTextMs, firstSamplesMs, firstFrameMs } = turn;
  expect(endOfTurnMs + recognitionMs + firstTextMs + firstSamplesMs + firstFrameMs).toBeCloseTo(
    turn.endOfSpeechToFirstAudioMs,
  );
  expect(turn.firstHeardMs).toBeGreaterThan(0);

  expect(telemetry.values.get('agent.turn.response_ms')).toEqual([turn.endOfSpeechToFirstAudioMs]);
  expect(telemetry.counts).toEqual([
    'agent.interruptions',
    'agent.interruptions.false',
    'agent.interruptions',
    'agent.turns.failed',
  ]);
  const spans = telemetry.spans.map(({ name, parent }) => [name, parent]);
  expect(spans).toEqual([
    ['agent.call', undefined],
    ['agent.tool_call', 'agent.call'],
    ['agent.turn', 'agent.call'],
    ...[
      'end_of_turn',
      'recognition',
      'first_text',
      'first_samples',
      'first_frame',
      'first_heard',
    ].map((part) => [`agent.turn.${part}`, 'agent.turn']),
  ]);
  const [first, last] = [telemetry.spans[3]!, telemetry.spans.at(-1)!];
  const whole = telemetry.spans[2]!;
  expect([first.startMs, last.endMs]).toEqual([whole.startMs, whole.endMs]);
  expect(
    telemetry.spans.every(({ name, endMs }) => endMs !== undefined || name === 'agent.call'),
  ).toBe(true);
});
