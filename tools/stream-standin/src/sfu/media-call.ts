import { SfuModels } from '@stream-io/video-client';
import type { MediaParticipant } from './media-participant.ts';
import type { SfuEventPayload } from './sfu-socket.ts';

/** The participants of one call, on whichever media servers they are. */
export class MediaCall {
  readonly cid: string;
  readonly startedAt = new Date();
  readonly #participants = new Map<string, MediaParticipant>();

  readonly #changed: () => void;

  /** @param changed Called when somebody came, went, muted or unmuted. */
  constructor(cid: string, changed: () => void) {
    this.cid = cid;
    this.#changed = changed;
  }

  get participants(): readonly MediaParticipant[] {
    return [...this.#participants.values()];
  }

  get(sessionId: string): MediaParticipant | undefined {
    return this.#participants.get(sessionId);
  }

  /** Tells everyone, but for the participant it is about. */
  announce(payload: SfuEventPayload, about?: MediaParticipant): void {
    for (const participant of this.#participants.values()) {
      if (participant !== about) participant.session.send(payload);
    }
  }

  /** Lets a participant in. What the others publish reaches it as soon as `listen` was called for it. */
  add(participant: MediaParticipant): void {
    this.#participants.set(participant.sessionId, participant);
    this.announce(
      {
        oneofKind: 'participantJoined',
        participantJoined: {
          callCid: this.cid,
          participant: participant.toModel(),
          isPinned: false,
        },
      },
      participant,
    );
    this.#changed();
  }

  /** Forwards what the others publish already. */
  listen(participant: MediaParticipant): void {
    for (const other of this.#participants.values()) {
      if (other === participant) continue;
      for (const track of other.tracks.values()) {
        participant.session.subscribe(track, other.streamId(track));
      }
    }
  }

  /** Takes a participant out, and closes its connection. */
  async remove(participant: MediaParticipant): Promise<void> {
    if (!this.#participants.delete(participant.sessionId)) return;
    for (const other of this.#participants.values()) {
      for (const track of participant.tracks.values()) other.session.unsubscribe(track);
    }
    this.announce({
      oneofKind: 'participantLeft',
      participantLeft: { callCid: this.cid, participant: participant.toModel() },
    });
    this.#changed();
    await participant.session.close();
  }

  /** Mutes or unmutes a track and tells the others; the first time it is unmuted they begin to get it. */
  setMuted(
    participant: MediaParticipant,
    type: SfuModels.TrackType,
    isMuted: boolean,
    cause = SfuModels.TrackUnpublishReason.USER_MUTED,
  ): void {
    const isKnown = participant.tracks.has(type);
    if (isMuted && !isKnown) return;
    const track = participant.track(type);
    if (!isKnown) {
      for (const other of this.#participants.values()) {
        if (other !== participant) other.session.subscribe(track, participant.streamId(track));
      }
    }
    if (track.isMuted === isMuted) return;
    track.isMuted = isMuted;
    const { sessionId, user } = participant;
    const about = { userId: user.id, sessionId, type, participant: participant.toModel() };
    this.announce(
      isMuted
        ? { oneofKind: 'trackUnpublished', trackUnpublished: { ...about, cause } }
        : { oneofKind: 'trackPublished', trackPublished: about },
      // One who was muted by another must learn of it.
      cause === SfuModels.TrackUnpublishReason.USER_MUTED ? participant : undefined,
    );
    this.#changed();
  }

  count(): SfuModels.ParticipantCount {
    return { total: this.#participants.size, anonymous: 0 };
  }
}
