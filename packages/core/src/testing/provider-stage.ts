import assert from 'node:assert/strict';
import type { CallEnd } from '../calls/call-end.ts';
import type { CallAnswered } from '../calls/call-outcome.ts';
import type { CallState, PhoneCall } from '../calls/phone-call.ts';
import type { LocalEdge } from '../edge/local-edge.ts';
import { createLocalEdge } from '../edge/local-edge.ts';
import type { DialOptions } from '../phone/dial-options.ts';
import type { Phone } from '../phone/phone.ts';
import type { PhoneOptions } from '../phone/phone-options.ts';
import type { PassTime } from './conformance.ts';
import { SubjectTime } from './conformance.ts';
import type { ProbeAgentOptions, ProbeSession } from './probe-agent.ts';
import { ProbeAgent } from './probe-agent.ts';
import type {
  SimulatedCall,
  SimulatedCallEnd,
  SimulatedCallOptions,
  SimulatedCarrier,
  SimulatedPhone,
} from './simulated-carrier.ts';
import { ToneEar, toneSamples } from './tone.ts';

/** What a case needs of its subject. */
export interface ProviderSubjectRequest {
  /** Options for `createPhone`, all but the provider, the address, the clock and the logger. */
  readonly phone: Pick<
    PhoneOptions,
    | 'answer'
    | 'destinations'
    | 'apology'
    | 'edge'
    | 'limits'
    | 'mediaReconnectTimeoutMs'
    | 'onError'
    | 'outbound'
    | 'ringUntilPreparedMs'
    | 'statusGraceMs'
  >;
  /** The carrier must report each incoming call twice, as providers do that missed an answer. */
  readonly repeatsReports: boolean;
  /** How the carrier's reports of the calls that we place reach us. */
  readonly statusReports: StatusReports;
  /** The carrier places our calls, but its answers to the requests never reach us. */
  readonly losesDialReplies: boolean;
}

/** How reports come: as they should, never, each twice, or each after the one that follows it. */
export type StatusReports = 'in-order' | 'lost' | 'doubled' | 'reordered';

/** A provider with a stand-in of its carrier and a server between them, made anew for each case. */
export interface ProviderConformanceSubject {
  readonly carrier: SimulatedCarrier;
  readonly phone: Phone;
  /** Lets time pass, for the phone and the carrier; default: real time. */
  readonly passTime?: PassTime | undefined;
  /** Frees everything: the carrier, the phone, the server. */
  close(): Promise<void>;
}

/** Makes a subject for one case. */
export type CreateProviderSubject = (
  request: ProviderSubjectRequest,
) => Promise<ProviderConformanceSubject>;

/** Tones of the cases: within the telephone band, and no multiples of each other. */
export const CALLER_TONE_HZ = 440;
export const AGENT_TONE_HZ = 1_037;
export const OTHER_TONE_HZ = 1_730;
export const APOLOGY = 'Sorry, this did not work out.';

export type StageOptions = Partial<ProviderSubjectRequest['phone']> & {
  readonly agent?: ProbeAgentOptions | undefined;
  readonly repeatsReports?: boolean | undefined;
  readonly statusReports?: StatusReports | undefined;
  readonly losesDialReplies?: boolean | undefined;
};

/** Numbers of the cases on outbound calls. */
export const OWN_NUMBER = '+15005550020';
export const DIALLED_NUMBER = '+15005550030';

/** One call of a case, from both of its ends. */
export interface StagedCall {
  /** The caller's side. */
  readonly caller: SimulatedCall;
  /** What the caller hears. */
  readonly ear: ToneEar;
}

/** A subject with an agent and an edge that are looked at, and the words in which cases are told. */
export class ProviderStage {
  readonly agent: ProbeAgent;
  readonly edge: LocalEdge;
  /** Faults that the phone told of. */
  readonly errors: readonly unknown[];
  /** Our side of all calls, ended ones included. */
  readonly calls: PhoneCall[] = [];
  readonly time: SubjectTime;
  readonly #subject: ProviderConformanceSubject;

  private constructor(
    subject: ProviderConformanceSubject,
    parts: Pick<ProviderStage, 'agent' | 'edge' | 'errors'>,
  ) {
    this.#subject = subject;
    this.agent = parts.agent;
    this.edge = parts.edge;
    this.errors = parts.errors;
    this.time = new SubjectTime(subject.passTime);
    subject.phone.on('call-created', ({ call }) => this.calls.push(call));
  }

  static async open(
    createSubject: CreateProviderSubject,
    options: StageOptions,
  ): Promise<ProviderStage> {
    const {
      agent: agentOptions,
      losesDialReplies = false,
      repeatsReports = false,
      statusReports = 'in-order',
      ...phone
    } = options;
    const agent = new ProbeAgent(agentOptions);
    const edge = createLocalEdge();
    const errors: unknown[] = [];
    const subject = await createSubject({
      phone: {
        answer: agent,
        apology: APOLOGY,
        edge,
        onError: (error) => errors.push(error),
        ...phone,
      },
      repeatsReports,
      statusReports,
      losesDialReplies,
    });
    return new ProviderStage(subject, { agent, edge, errors });
  }

  get phone(): Phone {
    return this.#subject.phone;
  }

  get carrier(): SimulatedCarrier {
    return this.#subject.carrier;
  }

  async placeCall(options?: SimulatedCallOptions): Promise<StagedCall> {
    const placing = this.carrier.placeCall(options);
    const caller = await this.time.settled(placing, 'the call is placed');
    const ear = new ToneEar();
    caller.onHeard((frame) => ear.hear(frame));
    return { caller, ear };
  }

  /** Places a call and waits until it talks with the agent. */
  async connect(options?: SimulatedCallOptions): Promise<StagedCall & { session: ProbeSession }> {
    const { caller, ear } = await this.placeCall(options);
    const connected = await this.time.settled(caller.connected, 'the call is connected');
    if (!connected) {
      const { by, detail } = await this.callerEnded(caller);
      assert.fail(`The call was not connected: it ended by ${by}, ${detail ?? 'no detail'}.`);
    }
    const session = await this.sessionOf(caller);
    return { caller, ear, session };
  }

  /** Calls out; the carrier's side of the call is there when it has been placed. */
  async dial(
    phone: SimulatedPhone,
    options: Partial<DialOptions> = {},
  ): Promise<StagedCall & { call: PhoneCall }> {
    const { carrier } = this;
    assert.ok(carrier.setPhone && carrier.dialled, 'The carrier takes no calls.');
    carrier.setPhone(DIALLED_NUMBER, phone);
    const before = carrier.dialled.length;
    const call = await this.phone.dial({ to: DIALLED_NUMBER, from: OWN_NUMBER, ...options });
    await this.time.until(() => carrier.dialled!.length > before, 'the carrier places the call');
    const caller = carrier.dialled[before]!;
    const ear = new ToneEar();
    caller.onHeard((frame) => ear.hear(frame));
    return { call, caller, ear };
  }

  /** Calls out and waits until who was called talks with the agent. */
  async connectDialled(
    options: Partial<DialOptions> = {},
  ): Promise<StagedCall & { call: PhoneCall; session: ProbeSession }> {
    const dialled = await this.dial({ does: 'answer' }, options);
    const session = await this.sessionOf(dialled.caller);
    return { ...dialled, session };
  }

  answered(call: PhoneCall): Promise<CallAnswered> {
    return this.time.settled(call.answered, 'what became of the call is known');
  }

  /** The agent's side of a call, once the phone has joined it. */
  async sessionOf({ providerCallId }: SimulatedCall): Promise<ProbeSession> {
    const find = (): ProbeSession | undefined =>
      this.agent.sessions.find(({ call }) => call.providerCallId === providerCallId);
    await this.time.until(
      () => find()?.phone !== undefined,
      'the phone has joined the agent’s call',
    );
    return find()!;
  }

  /** The caller speaks until the agent hears it, and the agent until the caller does. */
  async expectAudioBothWays({ caller, ear, session }: StagedCall & { session: ProbeSession }) {
    ear.forget();
    session.ear.forget();
    void caller.speak(toneSamples(CALLER_TONE_HZ, caller.sampleRate, 3_000));
    await this.time.until(() => session.ear.hears(CALLER_TONE_HZ), 'the agent hears the caller');
    session.speak(AGENT_TONE_HZ, 3_000);
    await this.time.until(() => ear.hears(AGENT_TONE_HZ), 'the caller hears the agent');
    session.stopSpeaking();
  }

  ended(call: PhoneCall): Promise<CallEnd> {
    return this.time.settled(call.ended, 'our call has ended');
  }

  callerEnded({ ended }: SimulatedCall): Promise<SimulatedCallEnd> {
    return this.time.settled(ended, 'the caller’s line has ended');
  }

  /** The states that a call goes through from now on. */
  watchStates(call: PhoneCall): CallState[] {
    const states: CallState[] = [];
    call.on('state-changed', ({ to }) => states.push(to));
    return states;
  }

  /** Nothing may be left of the case’s calls. */
  async expectNothingLeft(): Promise<void> {
    await this.time.until(() => this.phone.calls.activeCount === 0, 'the registry is empty');
    for (const call of this.calls) await this.ended(call);
    await this.time.until(() => this.edge.callCount === 0, 'the edge is empty');
    await this.time.until(
      () => this.agent.sessions.every(({ isClosed }) => isClosed),
      'every agent has left',
    );
  }

  close(): Promise<void> {
    return this.#subject.close();
  }
}
