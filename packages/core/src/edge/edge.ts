import type { AudioFrame, SampleRate } from '../audio/audio-frame.ts';
import type { PhoneBridge } from '../bridge/phone-bridge.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { Clock } from '../clock/clock.ts';
import type { ConfigurationProblem } from '../errors.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** Somebody in a call on the edge. */
export interface EdgeUser {
  /** Unique in the call. Never a phone number. */
  readonly id: string;
  /** Shown to the others. */
  readonly name?: string | undefined;
}

/** How a participant joins a call on the edge. */
export interface EdgeJoinOptions {
  /** Rate of the frames that the connection takes and gives, in Hz. */
  readonly sampleRate: SampleRate;
  readonly signal?: AbortSignal | undefined;
}

/** What a call on the edge is made with. */
export interface EdgeCallOptions {
  /** Id of the call on the edge. */
  readonly id: string;
}

/** Where calls between agents, phones and people live: in this process, or on a media server. */
export interface EdgeTransport {
  readonly name: string;
  /** What is missing or wrong in its settings; empty when it can work. */
  checkSettings(): readonly ConfigurationProblem[];
  createCall(options: EdgeCallOptions): Promise<EdgeCall>;
}

/** One call on the edge. */
export interface EdgeCall {
  readonly id: string;
  /** Aborted when the call is over for everybody. */
  readonly signal: AbortSignal;
  /**
   * Joins the call as `user`.
   *
   * @throws PhoneAgentError with code `edge_call_ended` after the end, `edge_user_exists` for an id that is there already.
   */
  join(user: EdgeUser, options: EdgeJoinOptions): Promise<EdgeConnection>;
  /** Ends the call for everybody. Repeatable. */
  end(): Promise<void>;
}

/** What a connection tells, by the name of the event. */
export interface EdgeConnectionEvents {
  'participant-joined': EdgeUser;
  'participant-left': EdgeUser;
  /** A moderator muted what it publishes, or it is heard again. */
  'mute-changed': EdgeMuteChanged;
  /** This connection is over: it left, the call ended, or it was lost and could not be restored. */
  'connection-closed': EdgeConnectionClosed;
}

/** Whether a connection is heard by the others from now on. */
export interface EdgeMuteChanged {
  readonly isMuted: boolean;
}

/** How a connection to a call on the edge ended. */
export interface EdgeConnectionClosed {
  readonly reason: 'left' | 'call-ended' | 'lost';
  readonly error?: unknown;
}

/** One participant's connection to a call on the edge. It never hears itself. */
export interface EdgeConnection {
  readonly user: EdgeUser;
  /** Rate of the frames it takes and gives, in Hz. */
  readonly sampleRate: SampleRate;
  /** How far ahead of real time `publish` may run, in ms: 100 in process, 0 on a media server. */
  readonly publishLeadMs: number;
  /** The others that are there now. */
  readonly participants: readonly EdgeUser[];
  /**
   * Sends one 20 ms frame at `sampleRate` to the others. Borrowed: it is sent or copied before it
   * returns. It goes out at once: who publishes keeps the pace, no further ahead of real time than
   * `publishLeadMs`, by the shared ticker. After leaving, and while muted: does nothing.
   *
   * @throws RangeError for a frame of another rate or length.
   */
  publish(frame: AudioFrame): void;
  /** Listens to the others' audio: one frame at a time, at `sampleRate`, borrowed. */
  onAudio(listener: (frame: AudioFrame, source: EdgeUser) => void): Unsubscribe;
  on<Name extends keyof EdgeConnectionEvents>(
    name: Name,
    listener: (event: EdgeConnectionEvents[Name]) => void,
  ): Unsubscribe;
  /**
   * How long a source's audio should wait before it is played, in ms, so that frames that come late
   * still come in time; changes as the network does. Absent: audio comes evenly.
   */
  playoutDelayMs?(userId: string): number;
  /** Whether a moderator has muted it. Absent: the edge has no moderators. */
  readonly isMuted?: boolean | undefined;
  /**
   * Is heard again after a moderator muted it. Does nothing where it is not muted.
   *
   * @throws PhoneAgentError where the edge does not allow it.
   */
  unmute?(): Promise<void>;
  /** Forgets what is under way from one source (resampler history, jitter buffer), after an interruption. */
  resetSource(userId: string): void;
  /** Leaves; nothing of the connection remains. Repeatable. */
  leave(): Promise<void>;
}

/** What a participant gets to know of the phone call that it joins for. */
export interface EdgeParticipantContext {
  readonly call: PhoneCall;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where measurements go; default nowhere. */
  readonly telemetry?: Telemetry | undefined;
}

/** Anything that can join a call on the edge on our side: an agent, or your own code. */
export interface EdgeParticipant {
  /** Loads what all calls share (models, an SDK), before the first call. Repeatable. */
  prepare?(): Promise<void>;
  /**
   * Joins `edgeCall` for one phone call, while the phone still rings. Resolves when it is ready to
   * listen and to speak; loading models and rendering the greeting belong here. A rejection ends
   * the phone call with an apology.
   */
  join(edgeCall: EdgeCall, context: EdgeParticipantContext): Promise<EdgeParticipantSession>;
}

/** One participant in one call. */
export interface EdgeParticipantSession {
  /** The phone has joined: the caller hears from now on. */
  phoneAttached?(phone: AttachedPhone): void;
  /**
   * An answering machine has taken the call: stops talking, waits for the end of its greeting, says the
   * message, and resolves when it was heard. The call is hung up then; at once where this is absent.
   */
  leaveMessage?(machine: AnsweringMachine): Promise<void>;
  /**
   * Resolves when it has published all that its current turn says, at once when it says nothing; never
   * rejects. `hangUp({ afterPlayout: true })` waits for it; where it is absent, for 300 ms of silence.
   */
  turnFinished?(): Promise<void>;
  /**
   * For a warm transfer: somebody who joins the call to the target, tells `announcement`, and asks
   * whether they take the call. Key 1 takes it and key 2 does not, whatever it does; it may also call
   * `answerTransfer` on its own call.
   */
  createBriefing?(announcement: string): EdgeParticipant;
  /** Leaves and frees everything. Repeatable. */
  close(): Promise<void>;
}

/** What a participant needs to know to leave a message. */
export interface AnsweringMachine {
  /** What to say. */
  readonly message: string;
  /** Resolves when the greeting is over; never rejects. */
  readonly greetingEnded: Promise<void>;
}

/** The phone's side of a call, for participants in the same process. */
export interface AttachedPhone {
  /** The phone's user id on the edge: its audio comes from this source. */
  readonly userId: string;
  /**
   * What the caller said before the phone joined, oldest first, at the phone's rate; not part of
   * what comes over the edge. Valid only during the call of `phoneAttached`: copy what you keep.
   */
  readonly backlog: readonly AudioFrame[];
  /** What the phone has played, and how to stop it. */
  readonly bridge: PhoneBridge;
}
