/// <reference lib="esnext.disposable" preserve="true" />
import type {
  AgentSession,
  ConversationItem,
  ConversationJson,
  ToolCallEnded,
  TranscriptEntry,
  VoiceAgent,
} from '@phone-agents/agent';
import type { CallEnd, EdgeTransport, Logger, PhoneCall, Telemetry } from '@phone-agents/core';
import type { LanguageModel } from 'ai';
import type { TextSpeechOptions } from './agent-under-test.ts';
import { useClock, withModel, withTextSpeech, withWorkCounted } from './agent-under-test.ts';
import { createSpokenVoice, toneVoice } from './caller-voice.ts';
import { RealTime, RealWork, VirtualTime } from './test-time.ts';
import { TestCaller } from './test-caller.ts';
import type { CarrierName } from './virtual-phone/media-protocol.ts';
import { loadMediaProtocol } from './virtual-phone/media-protocol.ts';
import type { TransferTarget } from './virtual-phone/virtual-network.ts';
import { VirtualNetwork } from './virtual-phone/virtual-network.ts';

/** Settings of {@link callAgent}; all have defaults. */
export interface CallAgentOptions {
  /** Whose media messages the call is made of; default `twilio`. Its package must be installed. */
  readonly carrier?: CarrierName | undefined;
  /**
   * `text`, the default: the agent's recogniser, detector and synthesiser are replaced by ones whose
   * sounds are text, at the pace of speech. `audio`: the agent's own speech, a caller with a real voice
   * (`@phone-agents/offline` must be installed), real time.
   */
  readonly speech?: 'text' | 'audio' | undefined;
  /**
   * `virtual`, the default with text: a call of minutes takes a moment, in the same way each time. `real`
   * for an `edge` that is not in this process; a second takes a second.
   */
  readonly time?: 'virtual' | 'real' | undefined;
  /** Thinks instead of the agent's own model: usually a `scriptedModel`. */
  readonly model?: LanguageModel | undefined;
  /** How long the text recogniser and synthesiser take. */
  readonly textSpeech?: TextSpeechOptions | undefined;
  /** Numbers by name that the agent may transfer to, as `createPhone` takes them. */
  readonly destinations?: Readonly<Record<string, string>> | undefined;
  /** What the person at the destination of a warm transfer does; default `takes`. */
  readonly transferTarget?: TransferTarget | undefined;
  /** Where the agent lives during the call; default a local edge. */
  readonly edge?: EdgeTransport | undefined;
  readonly logger?: Logger | undefined;
  readonly telemetry?: Telemetry | undefined;
}

/** A caller in a test, on the phone with the agent. Every method lets time pass. */
export interface Caller extends AsyncDisposable {
  /** Says something to its end. */
  say(text: string): Promise<void>;
  /** Waits until the agent speaks, then says something into it, to its end. */
  interrupt(text: string): Promise<void>;
  /** Makes a noise that is no word, for `durationMs`; default 400 ms. */
  cough(durationMs?: number): Promise<void>;
  /** Presses keys: `0` to `9`, `*`, `#`. */
  press(keys: string): Promise<void>;
  /**
   * Waits until the agent says what the pattern finds, in what was not looked at before.
   *
   * @throws Error that shows the conversation when that does not come within `withinMs`, default 20,000.
   */
  hears(
    pattern: RegExp,
    options?: { readonly withinMs?: number | undefined },
  ): Promise<RegExpExecArray>;
  /** Does nothing for a while. */
  waits(durationMs: number): Promise<void>;
  /** Waits until the agent has been silent for `silenceMs`, default 700: until it has said all that it has to say. */
  waitsForSilence(silenceMs?: number): Promise<void>;
  /** Waits until the call is over. @throws Error when that does not come within `withinMs`, default 60,000. */
  waitsForEnd(options?: { readonly withinMs?: number | undefined }): Promise<CallEnd>;
  /** Puts the phone down, and waits until all that the call owned is gone. Repeatable. */
  hangUp(): Promise<CallEnd>;
  /** All that the caller heard so far. With `speech: 'audio'`: what the agent said to its end. */
  readonly heard: string;
  /** Who said what, and what of it was heard. */
  readonly transcript: readonly TranscriptEntry[];
  /** Everything that happened in the conversation. */
  readonly items: readonly ConversationItem[];
  /** The tools that the model has called, with what they gave. */
  readonly toolCalls: readonly ToolCallEnded[];
  /** The whole conversation, as it is kept. */
  readonly record: ConversationJson;
  readonly call: PhoneCall;
  /** The agent in this call. */
  readonly session: AgentSession;
  /** How the call ended; undefined while it lasts. */
  readonly end: CallEnd | undefined;
  /** The number that the caller was connected with in the end. */
  readonly transferredTo: string | undefined;
  /** Keys that the agent has sent. */
  readonly sentDigits: string;
  /** Sentences that the phone company's voice said. */
  readonly announcements: readonly string[];
  /** Both directions as a stereo WAV file at 8 kHz: left the caller, right what the caller heard. */
  recording(): Uint8Array;
}

/**
 * Calls an agent, as a caller would: through the phone, the bridge and a carrier's media messages, which
 * are the real ones. Nothing leaves the process.
 *
 * ```ts
 * await using caller = await callAgent(agent, { model: scriptedModel(['We open at nine.']) });
 * await caller.hears(/AI assistant/);
 * await caller.say('When do you open?');
 * await caller.hears(/at nine/);
 * ```
 *
 * @throws PhoneAgentError with code `package_missing`, or `call_not_answered` with what was wrong.
 */
export async function callAgent(
  agent: VoiceAgent,
  options: CallAgentOptions = {},
): Promise<Caller> {
  const { speech = 'text', carrier = 'twilio', model } = options;
  const work = new RealWork();
  const isText = speech === 'text';
  const isVirtual = isText && options.time !== 'real';
  const time = isVirtual ? new VirtualTime(work) : new RealTime();
  const { clock } = time;
  let tested = agent;
  if (isText) {
    tested = withTextSpeech(tested, clock, options.textSpeech ?? {}, model);
    tested = withWorkCounted(tested, work);
  } else if (model) tested = withModel(tested, model);
  if (model) useClock(model, clock);
  const sessions: AgentSession[] = [];
  tested.on('session-started', (session) => sessions.push(session));
  const network = new VirtualNetwork({
    protocol: await loadMediaProtocol(carrier),
    clock,
    agent: tested,
    edge: options.edge,
    logger: options.logger,
    telemetry: options.telemetry,
    destinations: options.destinations,
    target: options.transferTarget ?? 'takes',
  });
  await time.until(tested.prepare());
  const voice = isText ? toneVoice : await createSpokenVoice();
  const caller = new TestCaller({ time, network, voice, sessions, readsTones: isText });
  return caller.connect();
}
