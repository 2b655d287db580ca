import type { Clock, Emitter, PhoneCall, Telemetry, TelemetrySpan } from '@phone-agents/core';
import type { AgentSessionEvents, ToolCallEnded, TurnMeasurement } from '../session-events.ts';

/** The parts of a turn in their order: the name of each, and the field that says how long it took. */
const STAGES = [
  ['end_of_turn', 'endOfTurnMs'],
  ['recognition', 'recognitionMs'],
  ['first_text', 'firstTextMs'],
  ['first_samples', 'firstSamplesMs'],
  ['first_frame', 'firstFrameMs'],
  ['first_heard', 'firstHeardMs'],
] as const;

/**
 * Measures one session: a span for the call, in it one for each turn with its parts and for each tool
 * call, and distributions of how long they took. Names are listed in docs/voice-agent.md.
 */
export class SessionTelemetry {
  readonly #telemetry: Telemetry;
  readonly #clock: Clock;
  readonly #span: TelemetrySpan;
  /** Clock time at media time 0, roughly enough for a span. */
  readonly #clockAt: (mediaMs: number) => number;

  constructor(
    telemetry: Telemetry,
    clock: Clock,
    call: PhoneCall,
    events: Emitter<AgentSessionEvents>,
    clockAt: (mediaMs: number) => number,
  ) {
    this.#telemetry = telemetry;
    this.#clock = clock;
    this.#clockAt = clockAt;
    const { direction, provider } = call;
    this.#span = telemetry.startSpan('agent.call', { direction, provider });
    events.on('turn-measured', (turn) => this.#turn(turn));
    events.on('tool-call-ended', (ended) => this.#toolCall(ended));
    events.on('interruption-accepted', ({ input }) =>
      telemetry.count('agent.interruptions', 1, { input }),
    );
    events.on('speech-resumed', () => telemetry.count('agent.interruptions.false', 1));
    events.on('turn-failed', ({ code }) => telemetry.count('agent.turns.failed', 1, { code }));
  }

  end(error?: unknown): void {
    this.#span.end(error);
  }

  #turn(turn: TurnMeasurement): void {
    const { input, isEarly, endOfSpeechToFirstAudioMs, spokenAtMs } = turn;
    const attributes = { input, early: isEarly };
    const telemetry = this.#telemetry;
    telemetry.record('agent.turn.response_ms', endOfSpeechToFirstAudioMs, attributes);
    const startTimeMs = this.#wallTimeMs(this.#clockAt(spokenAtMs));
    const span = telemetry.startSpan(
      'agent.turn',
      { ...attributes, turn: turn.turn },
      { parent: this.#span, startTimeMs },
    );
    let atMs = startTimeMs;
    for (const [name, field] of STAGES) {
      const durationMs = turn[field];
      if (durationMs === undefined) continue;
      telemetry.record(`agent.turn.${name}_ms`, durationMs, attributes);
      const part = telemetry.startSpan(
        `agent.turn.${name}`,
        {},
        { parent: span, startTimeMs: atMs },
      );
      atMs += durationMs;
      part.end(undefined, atMs);
    }
    span.end(undefined, atMs);
  }

  #toolCall({ toolName, startMs, endMs = startMs, error }: ToolCallEnded): void {
    const attributes = { tool: toolName, failed: error !== undefined };
    this.#telemetry.record('agent.tool_call_ms', endMs - startMs, attributes);
    const span = this.#telemetry.startSpan('agent.tool_call', attributes, {
      parent: this.#span,
      startTimeMs: this.#wallTimeMs(this.#clockAt(startMs)),
    });
    // What a tool says of its fault may hold anything.
    span.end(
      error === undefined ? undefined : 'The tool failed.',
      this.#wallTimeMs(this.#clockAt(endMs)),
    );
  }

  #wallTimeMs(clockMs: number): number {
    return this.#clock.wallTimeMs() - (this.#clock.now() - clockMs);
  }
}
