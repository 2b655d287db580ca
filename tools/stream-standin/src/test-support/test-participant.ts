import { type Call, CallingState, SfuModels, StreamVideoClient } from '@stream-io/video-client';
import {
  MediaStream,
  MediaStreamTrack,
  type RTCPeerConnection,
  RtpHeader,
  RtpPacket,
} from 'werift';
import { Changes } from '../changes.ts';
import type { StreamStandin } from '../stream-standin.ts';
import { installWebRtcGlobals } from './webrtc-globals.ts';

const FRAME_MS = 20;
const FRAME_TIMESTAMP_STEP = 960;

export interface TestParticipantOptions {
  readonly userId: string;
  readonly name?: string | undefined;
  readonly callId: string;
  /** Default: a valid one. */
  readonly token?: string | undefined;
  /** Default: the stand-in's. */
  readonly apiKey?: string | undefined;
  /** Default: 1, so that a refusal is seen at once. */
  readonly maxJoinRetries?: number | undefined;
}

/** A participant by the official SDK, with werift for WebRTC: sends packets of bytes and keeps what it hears. */
export class TestParticipant {
  readonly call: Call;
  readonly userId: string;
  readonly changes = new Changes();
  /** What arrived, by the sender's user id, in the order of arrival. */
  readonly #heard = new Map<string, Buffer[]>();
  readonly #states: CallingState[] = [];
  readonly #client: StreamVideoClient;
  readonly #listening = new Set<unknown>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #subscriptions: readonly { unsubscribe(): void }[];
  #track = new MediaStreamTrack({ kind: 'audio' });
  #sequence = 0;

  private constructor(client: StreamVideoClient, call: Call, userId: string) {
    this.#client = client;
    this.call = call;
    this.userId = userId;
    this.#subscriptions = [
      call.state.participants$.subscribe((participants) => {
        for (const participant of participants) {
          const stream = participant.audioStream as unknown as MediaStream | undefined;
          if (stream !== undefined && !participant.isLocalParticipant) {
            this.#listen(participant.userId, stream);
          }
        }
        // The state that the conditions ask for is set after its observers are told.
        queueMicrotask(() => this.changes.announce());
      }),
      call.state.custom$.subscribe(() => queueMicrotask(() => this.changes.announce())),
      call.state.callingState$.subscribe((state) => {
        this.#states.push(state);
        queueMicrotask(() => this.changes.announce());
      }),
    ];
  }

  /** Connects and joins; what fails is thrown, and nothing stays open. */
  static async join(
    standin: StreamStandin,
    options: TestParticipantOptions,
  ): Promise<TestParticipant> {
    installWebRtcGlobals();
    const { userId, name = userId, callId, apiKey = standin.apiKey } = options;
    const client = new StreamVideoClient({
      apiKey,
      options: {
        baseURL: `${standin.url}/video`,
        allowServerSideConnect: true,
        locationHintUrl: standin.locationHintUrl,
        defaultWsTimeout: 5_000,
        maxConnectUserRetries: 1,
        clientEventsReportingEnabled: false,
        logLevel: 'error',
        logger: () => undefined,
      },
    });
    try {
      await client.connectUser({ id: userId, name }, options.token ?? standin.userToken(userId));
      const call = client.call('default', callId);
      await call.camera.disable();
      await call.microphone.disable();
      const participant = new TestParticipant(client, call, userId);
      await call.join({ create: true, maxJoinRetries: options.maxJoinRetries ?? 1 });
      return participant;
    } catch (error) {
      await client.disconnectUser();
      throw error;
    }
  }

  /** Publishes audio, in such a way that the SDK publishes it anew after a REJOIN or MIGRATE. */
  async publish(): Promise<void> {
    const stream = new MediaStream();
    stream.addTrack(withSettings(this.#track));
    const published = stream as unknown as Parameters<Call['publish']>[0];
    this.call.microphone.state.setMediaStream(published, undefined);
    await this.call.publish(published, SfuModels.TrackType.AUDIO);
  }

  async unpublish(): Promise<void> {
    await this.call.stopPublish(SfuModels.TrackType.AUDIO);
    this.#track = new MediaStreamTrack({ kind: 'audio' });
  }

  /** Sends one packet. */
  send(payload: Buffer): void {
    this.#sequence++;
    const header = new RtpHeader({
      payloadType: 111,
      sequenceNumber: this.#sequence & 0xffff,
      timestamp: (this.#sequence * FRAME_TIMESTAMP_STEP) >>> 0,
    });
    this.#track.writeRtp(new RtpPacket(header, payload));
    this.changes.announce();
  }

  /** Sends a packet every 20 ms until it leaves: by default each tells its number. */
  keepSending(next: (count: number) => Buffer = numbered): void {
    let count = 0;
    const timer = setInterval(() => this.send(next(count++)), FRAME_MS);
    this.#timers.add(timer);
  }

  /** Resolves when so many packets more were sent. */
  async sendsMore(count: number): Promise<void> {
    const target = this.#sequence + count;
    await this.changes.until(() => this.#sequence >= target);
  }

  /** What arrived from a user, in the order of arrival. */
  heard(userId: string): readonly Buffer[] {
    return this.#heard.get(userId) ?? [];
  }

  /** Resolves when at least so many packets more than now have come from a user. */
  async hearsMore(userId: string, count = 10): Promise<void> {
    const target = this.heard(userId).length + count;
    await this.changes.until(() => this.heard(userId).length >= target);
  }

  /** Whether a user's audio is announced as published. */
  publishesAudio(userId: string): boolean {
    const participant = this.call.state.participants.find((other) => other.userId === userId);
    return participant?.publishedTracks.includes(SfuModels.TrackType.AUDIO) === true;
  }

  /** Resolves when the call is in this state. */
  async until(state: CallingState): Promise<void> {
    await this.changes.until(() => this.call.state.callingState === state);
  }

  /** Resolves when the call has gone through these states from now on, in this order. */
  async passes(...states: readonly CallingState[]): Promise<void> {
    const start = this.#states.length;
    await this.changes.until(() => {
      const passed = this.#states.slice(start);
      let from = 0;
      return states.every((state) => {
        const index = passed.indexOf(state, from);
        from = index + 1;
        return index >= 0;
      });
    });
  }

  /** Resolves when both of its peer connections have new ICE credentials and are connected with them. */
  async restartsIce(): Promise<void> {
    const peers = [this.call.publisher, this.call.subscriber].map(
      (side) => (side as unknown as { readonly pc: RTCPeerConnection }).pc,
    );
    const transports = peers.flatMap((peer) => peer.iceTransports);
    for (const { onStateChange } of transports) {
      onStateChange.subscribe(() => queueMicrotask(() => this.changes.announce()));
    }
    await this.changes.until(() =>
      transports.every(({ iceRestarts, state }) => iceRestarts > 0 && state === 'connected'),
    );
  }

  /** Resolves when an event of this type comes from the coordinator. */
  async receivesEvent(type: 'custom'): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = this.call.on(type, () => {
        stop();
        resolve();
      });
    });
  }

  /** The names of those who are in the call, in the order in which the SDK learned of them. */
  get names(): readonly string[] {
    return this.call.state.participants.map(({ name }) => name);
  }

  async leave(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    if (this.call.state.callingState !== CallingState.LEFT) await this.call.leave();
    await this.#client.disconnectUser();
  }

  #listen(userId: string, stream: MediaStream): void {
    for (const track of stream.getAudioTracks()) {
      if (this.#listening.has(track)) continue;
      this.#listening.add(track);
      track.onReceiveRtp.subscribe((packet) => {
        const packets = this.#heard.get(userId) ?? [];
        packets.push(Buffer.from(packet.payload));
        this.#heard.set(userId, packets);
        this.changes.announce();
      });
    }
  }
}

/** A payload that tells which packet it is. */
export function numbered(count: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(count);
  return payload;
}

/** The SDK publishes a clone, and asks every track for its settings. */
function withSettings(track: MediaStreamTrack): MediaStreamTrack {
  const clone = track.clone.bind(track);
  return Object.assign(track, {
    getSettings: () => ({}),
    clone: () => withSettings(clone()),
  });
}
