import type {
  AudioFrame,
  Clock,
  EdgeConnection,
  EdgeConnectionClosed,
  EdgeConnectionEvents,
  EdgeUser,
  Logger,
  SampleRate,
  Unsubscribe,
} from '@phone-agents/core';
import { Emitter } from '@phone-agents/core';
import { OutgoingAudio } from './media/outgoing-audio.ts';
import { RemoteAudio } from './media/remote-audio.ts';
import type { OpusLibrary } from './opus/opus-library.ts';
import type { ParticipantClientOptions } from './sdk/participant-client.ts';
import { ParticipantClient } from './sdk/participant-client.ts';
import { StreamVideoError } from './stream-video-error.ts';
import { OutgoingTrack } from './webrtc/outgoing-track.ts';

export interface StreamVideoConnectionOptions {
  readonly user: EdgeUser;
  readonly sampleRate: SampleRate;
  readonly opus: OpusLibrary;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told once when it is over, before its listeners are. */
  readonly onOver: () => void;
  /** Told when Stream says that the call is over for everybody. */
  readonly onCallEnded: () => void;
}

/** What joining needs beyond what the connection knows itself. */
export type JoinDetails = Omit<
  ParticipantClientOptions,
  | 'user'
  | 'track'
  | 'clock'
  | 'logger'
  | 'onParticipants'
  | 'onMuteChanged'
  | 'onClosed'
  | 'onCallEnded'
>;

/** One participant in a Stream call: its sound out, and the others' in. */
export class StreamVideoConnection implements EdgeConnection {
  readonly user: EdgeUser;
  readonly sampleRate: SampleRate;
  /** A media server forwards at once what it gets. */
  readonly publishLeadMs = 0;
  readonly #options: StreamVideoConnectionOptions;
  readonly #events: Emitter<EdgeConnectionEvents>;
  readonly #listeners = new Set<(frame: AudioFrame, source: EdgeUser) => void>();
  readonly #track = new OutgoingTrack();
  readonly #outgoing: OutgoingAudio;
  readonly #remote: RemoteAudio;
  #client: ParticipantClient | undefined;
  #isOver = false;
  #leaving: Promise<void> | undefined;

  private constructor(options: StreamVideoConnectionOptions) {
    const { user, sampleRate, opus, clock } = options;
    this.#options = options;
    this.user = user;
    this.sampleRate = sampleRate;
    this.#events = new Emitter((error) => this.#listenerFailed(error));
    const track = this.#track;
    this.#outgoing = new OutgoingAudio(opus, sampleRate, (...packet) => track.send(...packet));
    this.#remote = new RemoteAudio({
      opus,
      clock,
      sampleRate,
      onFrame: (frame, source) => this.#deliver(frame, source),
      onJoined: (joined) => this.#events.emit('participant-joined', joined),
      onLeft: (left) => this.#events.emit('participant-left', left),
    });
  }

  /** Joins; resolves when audio flows both ways. */
  static async join(
    options: StreamVideoConnectionOptions,
    details: JoinDetails,
  ): Promise<StreamVideoConnection> {
    const connection = new StreamVideoConnection(options);
    try {
      connection.#client = await ParticipantClient.join({
        ...details,
        user: options.user,
        track: connection.#track,
        clock: options.clock,
        logger: options.logger,
        onParticipants: (participants) => connection.#remote.update(participants),
        onMuteChanged: (isMuted) => connection.#events.emit('mute-changed', { isMuted }),
        onClosed: (closed) => connection.finish(closed),
        onCallEnded: options.onCallEnded,
      });
    } catch (error) {
      connection.#release();
      throw error;
    }
    if (connection.#isOver) {
      await connection.#client.leave();
      throw new StreamVideoError('stream_connection_lost');
    }
    return connection;
  }

  get participants(): readonly EdgeUser[] {
    return this.#remote.users;
  }

  get isMuted(): boolean {
    return this.#client?.isMuted ?? false;
  }

  async unmute(): Promise<void> {
    await this.#client?.unmute();
  }

  publish(frame: AudioFrame): void {
    if (this.#isOver || this.isMuted) return;
    this.#outgoing.publish(frame);
  }

  onAudio(listener: (frame: AudioFrame, source: EdgeUser) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  on<Name extends keyof EdgeConnectionEvents>(
    name: Name,
    listener: (event: EdgeConnectionEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  resetSource(userId: string): void {
    this.#remote.reset(userId);
  }

  playoutDelayMs(userId: string): number {
    return this.#remote.playoutDelayMs(userId);
  }

  leave(): Promise<void> {
    this.finish({ reason: 'left' });
    this.#leaving ??= this.#client?.leave() ?? Promise.resolve();
    return this.#leaving;
  }

  /** It is over, for the reason given; what is left of it goes. Repeatable: the first reason counts. */
  finish(closed: EdgeConnectionClosed): void {
    if (this.#isOver) return;
    this.#release();
    this.#options.onOver();
    this.#events.emit('connection-closed', closed);
    this.#events.clear();
    // Whoever waits for it calls `leave`.
    void this.leave();
  }

  #release(): void {
    this.#isOver = true;
    this.#listeners.clear();
    this.#remote.close();
    this.#outgoing.close();
    this.#track.stop();
  }

  #deliver(frame: AudioFrame, source: EdgeUser): void {
    for (const listener of this.#listeners) {
      try {
        listener(frame, source);
      } catch (error) {
        this.#listenerFailed(error);
      }
    }
  }

  #listenerFailed(error: unknown): void {
    this.#options.logger.error({ user: this.user.id, error }, 'A listener on the edge failed');
  }
}
