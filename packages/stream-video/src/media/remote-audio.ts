import type { AudioFrame, Clock, ClockTimer, EdgeUser, SampleRate } from '@phone-agents/core';
import type { MediaStreamTrack } from 'werift';
import type { OpusLibrary } from '../opus/opus-library.ts';
import type { MediaEnd } from './incoming-audio.ts';
import { IncomingAudio } from './incoming-audio.ts';

/** Who is gone for less than this has not left: its session was replaced by another. */
const REPLACEMENT_MS = 1_000;
/** So many of those who left are remembered, should they come back. */
const MAX_REMEMBERED = 64;

/** One session of a participant, as Stream's SDK tells of it. */
export interface RemoteSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly name: string;
  readonly joinedAt?: { readonly seconds: string; readonly nanos: number } | undefined;
  readonly audioStream?: { getAudioTracks(): readonly unknown[] } | undefined;
}

export interface RemoteAudioOptions {
  readonly opus: OpusLibrary;
  readonly clock: Clock;
  readonly sampleRate: SampleRate;
  readonly onFrame: (frame: AudioFrame, source: EdgeUser) => void;
  readonly onJoined: (user: EdgeUser) => void;
  readonly onLeft: (user: EdgeUser) => void;
}

interface Source {
  user: EdgeUser;
  readonly audio: IncomingAudio;
  track: MediaStreamTrack | undefined;
  unsubscribe: (() => void) | undefined;
  /** Runs while the user has no session. */
  absence: ClockTimer | undefined;
}

/**
 * The others in a call, and the sound of each. A user is one source, whatever sessions come and go: after a
 * rejoin the same user speaks from another session, and its sound goes on. Of several sessions at a time
 * the latest that speaks is heard.
 */
export class RemoteAudio {
  readonly #options: RemoteAudioOptions;
  readonly #sources = new Map<string, Source>();
  /** Where the sound of those who left ended: for a listener it goes on when they come back. */
  readonly #ends = new Map<string, MediaEnd>();
  #isClosed = false;

  constructor(options: RemoteAudioOptions) {
    this.#options = options;
  }

  get users(): readonly EdgeUser[] {
    return [...this.#sources.values()].map(({ user }) => user);
  }

  /** Takes the sessions that are there now. */
  update(sessions: readonly RemoteSession[]): void {
    if (this.#isClosed) return;
    const heard = new Map<string, RemoteSession>();
    for (const session of sessions) {
      const other = heard.get(session.userId);
      if (!other || isHeardRather(session, other)) heard.set(session.userId, session);
    }
    for (const [userId, source] of this.#sources) {
      if (heard.has(userId)) continue;
      source.absence ??= this.#options.clock.setTimeout(() => this.#remove(userId), REPLACEMENT_MS);
    }
    for (const session of heard.values()) this.#follow(session);
  }

  /** How long a user's sound should wait before it is played, in ms. */
  playoutDelayMs(userId: string): number {
    return this.#sources.get(userId)?.audio.playoutDelayMs ?? 0;
  }

  /** Forgets what of a user's sound is under way. */
  reset(userId: string): void {
    this.#sources.get(userId)?.audio.reset();
  }

  /** Frees everything; nobody is told. Repeatable. */
  close(): void {
    this.#isClosed = true;
    for (const source of this.#sources.values()) release(source);
    this.#sources.clear();
    this.#ends.clear();
  }

  #remove(userId: string): void {
    const source = this.#sources.get(userId);
    if (!source) return;
    this.#sources.delete(userId);
    this.#remember(userId, source.audio.end);
    release(source);
    this.#options.onLeft(source.user);
  }

  #remember(userId: string, end: MediaEnd | undefined): void {
    if (!end) return;
    this.#ends.delete(userId);
    this.#ends.set(userId, end);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > MAX_REMEMBERED) this.#ends.delete(oldest!);
  }

  #follow(session: RemoteSession): void {
    let source = this.#sources.get(session.userId);
    const isNew = source === undefined;
    source ??= this.#add(session);
    source.absence?.cancel();
    source.absence = undefined;
    if (source.user.name !== nameOf(session)) source.user = userOf(session);
    const track = trackOf(session);
    // While a session is replaced there is none for a moment; the last one stays until another comes.
    if (track && track !== source.track) this.#hear(source, track);
    if (isNew) this.#options.onJoined(source.user);
  }

  #add(session: RemoteSession): Source {
    const { opus, clock, sampleRate, onFrame } = this.#options;
    const source: Source = {
      user: userOf(session),
      audio: new IncomingAudio({
        opus,
        clock,
        sampleRate,
        onFrame: (frame) => onFrame(frame, source.user),
        continues: this.#ends.get(session.userId),
      }),
      track: undefined,
      unsubscribe: undefined,
      absence: undefined,
    };
    this.#sources.set(session.userId, source);
    return source;
  }

  #hear(source: Source, track: MediaStreamTrack): void {
    source.unsubscribe?.();
    if (source.track) source.audio.changeStream();
    source.track = track;
    const { audio } = source;
    const subscription = track.onReceiveRtp.subscribe(({ header, payload }) => {
      // Padding alone, or a probe of the bandwidth.
      if (payload.length === 0) return;
      audio.receive({
        sequenceNumber: header.sequenceNumber,
        timestamp: header.timestamp,
        payload,
      });
    });
    source.unsubscribe = () => subscription.unSubscribe();
  }
}

function release({ absence, audio, unsubscribe }: Source): void {
  absence?.cancel();
  unsubscribe?.();
  audio.close();
}

function trackOf(session: RemoteSession): MediaStreamTrack | undefined {
  return session.audioStream?.getAudioTracks()[0] as MediaStreamTrack | undefined;
}

function nameOf({ name }: RemoteSession): string | undefined {
  return name === '' ? undefined : name;
}

function userOf(session: RemoteSession): EdgeUser {
  return { id: session.userId, name: nameOf(session) };
}

function isHeardRather(session: RemoteSession, other: RemoteSession): boolean {
  const speaks = trackOf(session) !== undefined;
  if (speaks !== (trackOf(other) !== undefined)) return speaks;
  return joinedAtMs(session) > joinedAtMs(other);
}

function joinedAtMs({ joinedAt }: RemoteSession): number {
  return joinedAt ? Number(joinedAt.seconds) * 1000 + joinedAt.nanos / 1e6 : 0;
}
