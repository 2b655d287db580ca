import type {
  AgentSession,
  ConversationItem,
  ConversationJson,
  ToolCallEnded,
  TranscriptEntry,
} from '@phone-agents/agent';
import type { CallEnd, PhoneCall } from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { Caller } from './call-agent.ts';
import type { CallerVoice } from './caller-voice.ts';
import { cough } from './caller-voice.ts';
import type { TestTime } from './test-time.ts';
import { ToneEar } from './tone-ear.ts';
import type { VirtualLine } from './virtual-phone/virtual-line.ts';
import type { VirtualNetwork } from './virtual-phone/virtual-network.ts';

/** How often something is looked at that is waited for. */
const LOOK_MS = 20;
const CONNECT_TIMEOUT_MS = 15_000;
const SPEECH_TIMEOUT_MS = 20_000;
/** Into so much of the agent's speech an interruption is said. */
const INTERRUPT_AFTER_MS = 300;

export interface TestCallerOptions {
  readonly time: TestTime;
  readonly network: VirtualNetwork;
  readonly voice: CallerVoice;
  /** Filled as the agent joins calls; the first is the caller's. */
  readonly sessions: readonly AgentSession[];
  /** Whether what is heard is text in tones. */
  readonly readsTones: boolean;
}

/** The caller of a test. Made by `callAgent`. */
export class TestCaller implements Caller {
  readonly #options: TestCallerOptions;
  readonly #ear = new ToneEar();
  #line!: VirtualLine;
  #call: PhoneCall | undefined;
  #soundMs = 0;
  #silentMs = 0;
  /** Of what was heard, so much was looked at. */
  #lookedAt = 0;

  constructor(options: TestCallerOptions) {
    this.#options = options;
  }

  get call(): PhoneCall {
    return this.#call!;
  }

  get session(): AgentSession {
    return this.#options.sessions[0]!;
  }

  get heard(): string {
    if (this.#options.readsTones) return this.#ear.text;
    const spoken = this.transcript.filter(({ role }) => role === 'agent');
    return spoken.map(({ heardText }) => heardText).join(' ');
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.session.transcript;
  }

  get items(): readonly ConversationItem[] {
    return this.session.record.items;
  }

  get toolCalls(): readonly ToolCallEnded[] {
    return this.items
      .filter((item) => item.type === 'tool-call')
      .map(({ type: _, ...call }) => call);
  }

  get record(): ConversationJson {
    return this.session.record.toJSON();
  }

  get end(): CallEnd | undefined {
    return this.call.endInfo;
  }

  get transferredTo(): string | undefined {
    const { end } = this.#line;
    return end?.by === 'transfer' ? end.to : undefined;
  }

  get sentDigits(): string {
    return this.#line.sentDigits;
  }

  get announcements(): readonly string[] {
    return this.#line.announcements;
  }

  /** Rings, and waits until audio flows. */
  async connect(): Promise<this> {
    const { network, sessions, time } = this.#options;
    const { line, call } = await time.until(network.call((frame) => this.#hear(frame)));
    this.#line = line;
    this.#call = call;
    const isConnected = (): boolean =>
      (line.isConnected && sessions.length > 0 && call?.state === 'streaming') || !!line.end;
    await this.#until(isConnected, CONNECT_TIMEOUT_MS);
    if (call && sessions.length > 0 && !line.end) return this;
    const { reason, error } = call?.endInfo ?? {};
    network.hangUp(line);
    await this.#release();
    throw new PhoneAgentError(
      'call_not_answered',
      `The agent did not take the call: ${reason ?? 'it was refused'}.`,
      { cause: error },
    );
  }

  async say(text: string): Promise<void> {
    const { voice } = this.#options;
    this.#line.say(await voice.say(text));
    await this.#saidAll();
  }

  async interrupt(text: string): Promise<void> {
    const isSpeaking = await this.#until(
      () => this.#soundMs >= INTERRUPT_AFTER_MS,
      SPEECH_TIMEOUT_MS,
    );
    if (!isSpeaking)
      throw this.#failure('The agent did not speak, so it could not be interrupted.');
    await this.say(text);
  }

  async cough(durationMs = 400): Promise<void> {
    this.#line.say(cough(durationMs));
    await this.#saidAll();
  }

  async press(keys: string): Promise<void> {
    const line = this.#line;
    line.press(keys);
    while (line.unpressed > 0 && !line.end) await this.waits(LOOK_MS);
    await this.waits(200);
  }

  async hears(
    pattern: RegExp,
    { withinMs = SPEECH_TIMEOUT_MS }: { readonly withinMs?: number | undefined } = {},
  ): Promise<RegExpExecArray> {
    // With the flags g or y it would go on from where it found something before.
    const wanted = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    let found: RegExpExecArray | null = null;
    const look = (): boolean => (found = wanted.exec(this.heard.slice(this.#lookedAt))) !== null;
    await this.#until(look, withinMs);
    if (!found) {
      throw this.#failure(`The agent did not say ${String(pattern)} within ${withinMs} ms.`);
    }
    const match: RegExpExecArray = found;
    this.#lookedAt += match.index + match[0].length;
    return match;
  }

  async waits(durationMs: number): Promise<void> {
    await this.#options.time.pass(durationMs);
  }

  async waitsForSilence(silenceMs = 700): Promise<void> {
    await this.#until(() => this.#silentMs >= silenceMs, 120_000);
  }

  async waitsForEnd({
    withinMs = 60_000,
  }: { readonly withinMs?: number | undefined } = {}): Promise<CallEnd> {
    if (!(await this.#until(() => this.end !== undefined, withinMs))) {
      throw this.#failure(`The call was not over within ${withinMs} ms.`);
    }
    return this.#ended();
  }

  async hangUp(): Promise<CallEnd> {
    this.#options.network.hangUp(this.#line);
    return this.#ended();
  }

  recording(): Uint8Array {
    return this.#line.recording();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hangUp();
  }

  async #ended(): Promise<CallEnd> {
    const end = await this.#options.time.until(this.call.ended);
    await this.#release();
    return end;
  }

  async #release(): Promise<void> {
    const { time, network, voice } = this.#options;
    await time.until(network.phone.close());
    this.#line.finish({ by: 'server' });
    await voice.close();
  }

  async #saidAll(): Promise<void> {
    const line = this.#line;
    while (line.unsaidMs > 0 && !line.end) await this.waits(LOOK_MS);
  }

  /** Lets time pass until something is so; false where that does not come. */
  async #until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    for (let leftMs = withinMs; !isSo(); leftMs -= LOOK_MS) {
      if (leftMs <= 0) return false;
      await this.waits(LOOK_MS);
    }
    return true;
  }

  #hear(frame: Int16Array): void {
    this.#ear.hear(frame);
    const isSound = frame.some((sample) => Math.abs(sample) > 300);
    this.#soundMs = isSound ? this.#soundMs + 20 : this.#silentMs < 200 ? this.#soundMs : 0;
    this.#silentMs = isSound ? 0 : this.#silentMs + 20;
  }

  #failure(what: string): Error {
    const lines = this.transcript.map(
      ({ role, heardText, interrupted }) =>
        `  ${role}: ${heardText}${interrupted ? ' (interrupted)' : ''}`,
    );
    const end = this.end ? `\nThe call is over: ${this.end.reason}.` : '';
    const unheard = this.heard.slice(this.#lookedAt).trim();
    return new Error(
      `${what}\nHeard since the last match: ${JSON.stringify(unheard)}${end}\nThe conversation so far:\n${lines.join('\n')}`,
    );
  }
}
