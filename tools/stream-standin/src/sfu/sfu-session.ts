import { SfuModels } from '@stream-io/video-client';
import type { NetworkFaults } from '../network-faults.ts';
import { PacketPath } from './packet-path.ts';
import type { PeerEvents } from './peer.ts';
import { type AnnouncedTrack, PublisherPeer } from './publisher-peer.ts';
import type { PublishedTrack } from './published-track.ts';
import type { SfuEventPayload, SfuSocket } from './sfu-socket.ts';
import { SubscriberPeer } from './subscriber-peer.ts';

/**
 * What one media server keeps for one participant: the signalling socket, which may be replaced, and the two peer
 * connections.
 */
export class SfuSession {
  /** The name of the media server. */
  readonly edge: string;
  socket: SfuSocket;
  readonly #userId: string;
  readonly #network: NetworkFaults;
  readonly #seed: number;
  readonly #subscriber: SubscriberPeer;
  #publisher: PublisherPeer | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(edge: string, socket: SfuSocket, network: NetworkFaults, seed: number) {
    this.edge = edge;
    this.socket = socket;
    this.#userId = socket.userId;
    this.#network = network;
    this.#seed = seed;
    this.#subscriber = new SubscriberPeer(
      new PacketPath('receive', this.#userId, network, seed),
      this.#peerEvents,
      (subscriberOffer) => this.send({ oneofKind: 'subscriberOffer', subscriberOffer }),
    );
  }

  send(payload: SfuEventPayload): void {
    if (!this.#isClosed) this.socket.send(payload);
  }

  /** Forwards a track of another participant to this one. */
  subscribe(track: PublishedTrack, streamId: string): void {
    this.#subscriber.add(track, streamId);
  }

  unsubscribe(track: PublishedTrack): void {
    this.#subscriber.remove(track);
  }

  /** Answers the publisher's offer. */
  async publish(
    sdp: string,
    tracks: readonly AnnouncedTrack[],
    trackOf: (type: SfuModels.TrackType) => PublishedTrack,
  ): Promise<string> {
    this.#publisher ??= new PublisherPeer(
      new PacketPath('send', this.#userId, this.#network, this.#seed),
      this.#peerEvents,
      trackOf,
    );
    return this.#publisher.answer(sdp, tracks);
  }

  acceptAnswer(sdp: string, negotiationId: number): Promise<void> {
    return this.#subscriber.acceptAnswer(sdp, negotiationId);
  }

  restartSubscriberIce(): void {
    this.#subscriber.restartIce();
  }

  /** A new socket for the same session: it goes on. */
  resume(socket: SfuSocket): void {
    clearTimeout(this.#expiry);
    this.#expiry = undefined;
    const previous = this.socket;
    this.socket = socket;
    previous.terminate();
  }

  /** The socket broke: without another one the session ends after a while. */
  expireIn(milliseconds: number, expire: () => void): void {
    if (this.#isClosed) return;
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(expire, milliseconds);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    await Promise.all([this.#publisher?.close(), this.#subscriber.close()]);
  }

  readonly #peerEvents: PeerEvents = {
    answersChecks: () => !this.#network.isOut(this.#userId),
    failed: () =>
      this.send({
        oneofKind: 'error',
        error: {
          error: {
            code: SfuModels.ErrorCode.PARTICIPANT_MEDIA_TRANSPORT_FAILURE,
            message: 'the media connection failed',
            shouldRetry: false,
          },
          reconnectStrategy: SfuModels.WebsocketReconnectStrategy.REJOIN,
        },
      }),
  };
}
