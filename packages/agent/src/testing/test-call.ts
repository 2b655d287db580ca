import type { EdgeCall, EdgeParticipant, Logger, PhoneBridge } from '@phone-agents/core';
import { PhoneCall, attachPhoneToCall, createLocalEdge, silentLogger } from '@phone-agents/core';
import { ManualClock } from '@phone-agents/core/testing';
import type { AgentSession } from '../session.ts';
import type { VoiceAgent } from '../voice-agent.ts';
import { LoopbackPhone } from './loopback-phone.ts';

/** A call on a manual clock, from its ringing on: edge, bridge and codecs are the real ones. */
export class TestCall {
  readonly clock: ManualClock;
  readonly call: PhoneCall;
  readonly edgeCall: EdgeCall;
  readonly phone: LoopbackPhone;
  session!: AgentSession;
  bridge!: PhoneBridge;

  private constructor(clock: ManualClock, call: PhoneCall, edgeCall: EdgeCall) {
    this.clock = clock;
    this.call = call;
    this.edgeCall = edgeCall;
    this.phone = new LoopbackPhone(clock);
    call.own(() => this.phone.hangUp());
    call.own(() => edgeCall.end());
  }

  /** A call whose phone is open, and whose agent has not joined yet. */
  static async ring(clock = new ManualClock(), logger: Logger = silentLogger): Promise<TestCall> {
    const call = new PhoneCall({
      id: 'call-1',
      provider: 'loopback',
      direction: 'inbound',
      from: '+15005550010',
      to: '+15005550011',
      details: { provider: 'loopback' },
      clock,
      logger,
    });
    const edgeCall = await createLocalEdge().createCall({ id: call.id });
    return new TestCall(clock, call, edgeCall);
  }

  /** A call in which the agent has greeted, or is about to. */
  static async connect(agent: VoiceAgent, clock = new ManualClock()): Promise<TestCall> {
    const test = await TestCall.ring(clock);
    await test.join(agent);
    await test.attach();
    return test;
  }

  async join(agent: EdgeParticipant): Promise<AgentSession> {
    const { call, clock } = this;
    const context = { call, signal: call.signal, clock, logger: silentLogger };
    // Every agent that these tests make is a voice agent.
    this.session = (await agent.join(this.edgeCall, context)) as AgentSession;
    call.own(() => this.session.close());
    return this.session;
  }

  async attach(): Promise<void> {
    const { call, clock, session } = this;
    this.bridge = await attachPhoneToCall(
      this.edgeCall,
      this.phone.media,
      { id: 'phone' },
      {
        clock,
        onAttached: (attached, backlog) =>
          session.phoneAttached({ userId: 'phone', bridge: attached, backlog }),
      },
    );
    call.own(() => this.bridge.close());
  }

  /** The conversation so far, one line each: who, what was heard, `|` where it was interrupted. */
  get lines(): string[] {
    return this.session.transcript.map(
      ({ role, heardText, interrupted }) => `${role}: ${heardText}${interrupted ? '|' : ''}`,
    );
  }
}
