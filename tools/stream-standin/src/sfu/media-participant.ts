import { randomUUID } from 'node:crypto';
import { SfuModels } from '@stream-io/video-client';
import type { StandinUser } from '../coordinator/user-store.ts';
import { PublishedTrack } from './published-track.ts';
import type { SfuSession } from './sfu-session.ts';

/** One stay of a user in a call. Reconnecting goes on with it, rejoining begins another. */
export class MediaParticipant {
  readonly user: StandinUser;
  readonly sessionId: string;
  readonly joinedAt = new Date();
  /** How clients find out whose track it is that reaches them. */
  readonly trackLookupPrefix = randomUUID();
  readonly tracks = new Map<SfuModels.TrackType, PublishedTrack>();
  /** The connection in use; after a migration it is another one than before. */
  session: SfuSession;

  constructor(user: StandinUser, sessionId: string, session: SfuSession) {
    this.user = user;
    this.sessionId = sessionId;
    this.session = session;
  }

  track(type: SfuModels.TrackType): PublishedTrack {
    let track = this.tracks.get(type);
    if (track === undefined) {
      track = new PublishedTrack(type);
      this.tracks.set(type, track);
    }
    return track;
  }

  /** Whether the others hear it. */
  get publishesAudio(): boolean {
    return this.tracks.get(SfuModels.TrackType.AUDIO)?.isMuted === false;
  }

  /** Packets of audio that came from it, muted or not. */
  get audioPackets(): number {
    return this.tracks.get(SfuModels.TrackType.AUDIO)?.packets ?? 0;
  }

  /** The id of the stream that carries a track to the others. */
  streamId(track: PublishedTrack): string {
    return `${this.trackLookupPrefix}:TRACK_TYPE_${SfuModels.TrackType[track.type]}`;
  }

  toModel(): SfuModels.Participant {
    return SfuModels.Participant.create({
      userId: this.user.id,
      sessionId: this.sessionId,
      name: this.user.name,
      image: this.user.image,
      roles: [this.user.role],
      trackLookupPrefix: this.trackLookupPrefix,
      connectionQuality: SfuModels.ConnectionQuality.EXCELLENT,
      publishedTracks: [...this.tracks.values()]
        .filter((track) => !track.isMuted)
        .map((track) => track.type),
      joinedAt: toTimestamp(this.joinedAt),
    });
  }
}

/** A time as protocol buffers have it. */
export function toTimestamp(date: Date): { seconds: string; nanos: number } {
  const time = date.getTime();
  return { seconds: String(Math.floor(time / 1000)), nanos: (time % 1000) * 1_000_000 };
}
