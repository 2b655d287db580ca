import type {
  Clock,
  EdgeConnectionClosed,
  EdgeUser,
  Logger,
  Unsubscribe,
} from '@phone-agents/core';
import { delay } from '@phone-agents/core';
import type { Call, StreamVideoClient, StreamVideoParticipant } from '@stream-io/video-client';
import { MediaStream } from 'werift';
import { StreamVideoError, bareError, toStreamVideoError } from '../stream-video-error.ts';
import type { OutgoingTrack } from '../webrtc/outgoing-track.ts';
import type { PeerConnection } from '../webrtc/peer-connection.ts';
import type { VideoSdk } from './load-sdk.ts';
import { loadVideoSdk } from './load-sdk.ts';
import { sdkLogger } from './sdk-logger.ts';

/** Time for audio to flow both ways after the join; then it goes on without having seen it. */
const MEDIA_TIMEOUT_MS = 4_000;
const MEDIA_POLL_MS = 10;
/** Attempts of the SDK at the coordinator and at media servers; a caller waits meanwhile. */
const CONNECT_ATTEMPTS = 2;
const JOIN_ATTEMPTS = 2;
/** So many tokens in a row are refused, and the SDK would ask for one more for ever. */
const MAX_TOKENS = 2;
const TOKEN_WINDOW_MS = 10_000;
/** Time for the coordinator to close its socket; it is dropped then. */
const DISCONNECT_TIMEOUT_MS = 1_000;

/** What of the SDK's call takes a browser's media streams, for which werift's stand in. */
interface PublishingCall {
  publish(stream: MediaStream, trackType: number): Promise<void>;
  readonly microphone: {
    readonly state: {
      setMediaStream(stream: MediaStream | undefined, rootStream: undefined): void;
    };
  };
}

export interface ParticipantClientOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly locationHintUrl: string | undefined;
  readonly requestTimeoutMs: number;
  readonly reconnectTimeoutMs: number;
  readonly callType: string;
  readonly callId: string;
  readonly user: EdgeUser;
  /** Makes a token that holds from now on; asked again when one has expired. */
  readonly createToken: () => string;
  /** What the participant says. */
  readonly track: OutgoingTrack;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of the others in the call, now and after each change. */
  readonly onParticipants: (participants: readonly StreamVideoParticipant[]) => void;
  /** Told when a moderator has muted the track, and when it is heard again. */
  readonly onMuteChanged: (isMuted: boolean) => void;
  /** Told once when the connection is over without {@link ParticipantClient.leave}. */
  readonly onClosed: (closed: EdgeConnectionClosed) => void;
  /** Told when the call is over for everybody. */
  readonly onCallEnded: () => void;
}

/** One participant's connection to a call by Stream's SDK: signalling, reconnection, and its track. */
export class ParticipantClient {
  readonly #options: ParticipantClientOptions;
  readonly #sdk: VideoSdk;
  readonly #client: StreamVideoClient;
  readonly #call: Call;
  readonly #subscriptions: Unsubscribe[] = [];
  /** When the last tokens were made, by the clock. */
  #tokenTimes: number[] = [];
  #tokensRefused = false;
  #wasPutOut = false;
  /** Set while a moderator has muted the track; settles when it is no longer sent. */
  #muting: Promise<void> | undefined;
  #unmuting: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;

  private constructor(options: ParticipantClientOptions, sdk: VideoSdk) {
    this.#options = options;
    this.#sdk = sdk;
    this.#client = new sdk.StreamVideoClient({
      apiKey: options.apiKey,
      options: {
        baseURL: `${options.baseUrl}/video`,
        ...(options.locationHintUrl === undefined
          ? {}
          : { locationHintUrl: options.locationHintUrl }),
        timeout: options.requestTimeoutMs,
        // We are a server that joins as a user, and no browser.
        allowServerSideConnect: true,
        clientEventsReportingEnabled: false,
        maxConnectUserRetries: CONNECT_ATTEMPTS,
        // Its timer cannot be cancelled, nor can that of the disconnection: a short call is outlived by it.
        defaultWsTimeout: options.requestTimeoutMs,
        logOptions: { default: { sink: sdkLogger(options.logger), level: 'warn' } },
      },
    });
    this.#call = this.#client.call(options.callType, options.callId);
  }

  /**
   * Joins the call and publishes the track. When it resolves, audio flows both ways.
   *
   * @throws StreamVideoError, or PhoneAgentError with code `edge_call_ended`; nothing is left then.
   */
  static async join(options: ParticipantClientOptions): Promise<ParticipantClient> {
    const client = new ParticipantClient(options, await loadVideoSdk());
    try {
      await client.#join();
      return client;
    } catch (error) {
      await client.leave();
      throw client.#tokensRefused
        ? new StreamVideoError('stream_token_expired', bareError(error))
        : toStreamVideoError(error);
    }
  }

  /** Whether a moderator has muted the track. */
  get isMuted(): boolean {
    return this.#muting !== undefined;
  }

  /**
   * Publishes the track again after a moderator muted it. Does nothing where it is not muted.
   *
   * @throws StreamVideoError, `stream_permission_denied` where the user may not send audio any more.
   */
  unmute(): Promise<void> {
    this.#unmuting ??= this.#unmute().finally(() => (this.#unmuting = undefined));
    return this.#unmuting;
  }

  /** Leaves the call and drops the connection; nothing remains. Never rejects. Repeatable. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #join(): Promise<void> {
    const { user, track, reconnectTimeoutMs, requestTimeoutMs } = this.#options;
    const call = this.#call;
    await this.#client.connectUser(
      user.name === undefined ? { id: user.id } : { id: user.id, name: user.name },
      () => this.#createToken(),
    );
    // The SDK must not look for devices, whatever the call's settings say.
    await Promise.all([
      call.camera.disable(),
      call.microphone.disable(),
      call.microphone.disableSpeakingWhileMutedNotification(),
    ]);
    call.setDisconnectionTimeout(reconnectTimeoutMs / 1000);
    await call.join({
      create: false,
      maxJoinRetries: JOIN_ATTEMPTS,
      joinResponseTimeout: requestTimeoutMs,
      rpcRequestTimeout: requestTimeoutMs,
    });
    this.#follow();
    await this.#publish(track);
    await this.#mediaFlows();
  }

  #createToken(): Promise<string> {
    const now = this.#options.clock.now();
    this.#tokenTimes = this.#tokenTimes.filter((time) => now - time < TOKEN_WINDOW_MS);
    this.#tokensRefused = this.#tokenTimes.push(now) > MAX_TOKENS;
    return this.#tokensRefused
      ? Promise.reject(new StreamVideoError('stream_token_expired'))
      : Promise.resolve(this.#options.createToken());
  }

  async #publish(track: OutgoingTrack): Promise<void> {
    const { AUDIO } = this.#sdk.SfuModels.TrackType;
    const stream = new MediaStream([track]);
    this.#keepForRejoin(stream);
    await (this.#call as unknown as PublishingCall).publish(stream, AUDIO);
  }

  /** After a rejoin or a migration the SDK publishes again what it takes for the microphone's. */
  #keepForRejoin(stream: MediaStream | undefined): void {
    (this.#call as unknown as PublishingCall).microphone.state.setMediaStream(stream, undefined);
  }

  #follow(): void {
    const call = this.#call;
    const { onParticipants, onCallEnded } = this.#options;
    const { CallEndedReason, TrackType, TrackUnpublishReason } = this.#sdk.SfuModels;
    const { KICKED, LIVE_ENDED } = CallEndedReason;
    const { AUDIO } = TrackType;
    const { MODERATION, PERMISSION_REVOKED } = TrackUnpublishReason;
    // Who was put out of the call has no call any more either.
    const putOut = (event: { readonly user: { readonly id: string } }): void => {
      if (event.user.id === this.#options.user.id) this.#wasPutOut = true;
    };
    const participants = call.state.remoteParticipants$.subscribe((all) =>
      onParticipants(this.#others(all)),
    );
    const states = call.state.callingState$.subscribe((state) => this.#stateChanged(state));
    this.#subscriptions.push(
      call.on('call.ended', onCallEnded),
      call.on('callEnded', ({ reason }) => {
        // The end of a broadcast sends those away who may not go on backstage.
        if (reason === KICKED || reason === LIVE_ENDED) this.#wasPutOut = true;
        else onCallEnded();
      }),
      call.on('trackUnpublished', ({ sessionId, type, cause }) => {
        const isOurs = sessionId === call.state.localParticipant?.sessionId;
        if (isOurs && type === AUDIO && (cause === MODERATION || cause === PERMISSION_REVOKED)) {
          this.#muted();
        }
      }),
      call.on('call.kicked_user', putOut),
      call.on('call.blocked_user', putOut),
      () => participants.unsubscribe(),
      () => states.unsubscribe(),
    );
  }

  /** A moderator has muted us; the SDK stops only what it took from a microphone itself. */
  #muted(): void {
    if (this.#muting) return;
    this.#keepForRejoin(undefined);
    this.#muting = this.#call
      .stopPublish(this.#sdk.SfuModels.TrackType.AUDIO)
      .catch((error: unknown) =>
        this.#options.logger.warn(
          { user: this.#options.user.id, error: bareError(error) },
          'Stream’s SDK could not tell that the sound has stopped',
        ),
      );
    this.#options.onMuteChanged(true);
  }

  async #unmute(): Promise<void> {
    const muting = this.#muting;
    await muting;
    if (!muting || this.#leaving) return;
    const { ownCapabilities } = this.#call.state;
    if (!ownCapabilities.includes(this.#sdk.OwnCapability.SEND_AUDIO)) {
      throw new StreamVideoError('stream_permission_denied');
    }
    this.#muting = undefined;
    try {
      await this.#publish(this.#options.track);
    } catch (error) {
      this.#muting ??= muting;
      this.#keepForRejoin(undefined);
      throw toStreamVideoError(error);
    }
    // A moderator may have been faster.
    if (!this.#muting) this.#options.onMuteChanged(false);
  }

  #stateChanged(state: Call['state']['callingState']): void {
    const { CallingState } = this.#sdk;
    const hasFailed = state === CallingState.RECONNECTING_FAILED;
    if (this.#leaving || (!hasFailed && state !== CallingState.LEFT)) return;
    if (!this.#wasPutOut && this.#call.state.endedAt !== undefined) this.#options.onCallEnded();
    this.#options.onClosed(
      this.#wasPutOut
        ? { reason: 'call-ended' }
        : { reason: 'lost', error: new StreamVideoError('stream_connection_lost') },
    );
  }

  /**
   * Waits until what is published goes out and what the others publish comes in: a greeting that is said
   * before would be lost.
   */
  async #mediaFlows(): Promise<void> {
    for (let waited = 0; waited < MEDIA_TIMEOUT_MS; waited += MEDIA_POLL_MS) {
      if (this.#leaving) return;
      if (isConnected(this.#call.publisher) && this.#hearsOthers()) return;
      await delay(this.#options.clock, MEDIA_POLL_MS);
    }
    this.#options.logger.warn(
      { user: this.#options.user.id },
      'The media server takes or sends no audio yet; does UDP pass the firewall?',
    );
  }

  /** After a rejoin our own session from before is there for a moment, as though it were somebody else's. */
  #others(participants: readonly StreamVideoParticipant[]): StreamVideoParticipant[] {
    return participants.filter(({ userId }) => userId !== this.#options.user.id);
  }

  #hearsOthers(): boolean {
    const { AUDIO } = this.#sdk.SfuModels.TrackType;
    const speaking = this.#others(this.#call.state.remoteParticipants).filter(
      ({ publishedTracks }) => publishedTracks.includes(AUDIO),
    );
    if (speaking.length === 0) return true;
    return (
      isConnected(this.#call.subscriber) &&
      speaking.every(({ audioStream }) => audioStream !== undefined)
    );
  }

  async #leave(): Promise<void> {
    const { CallingState } = this.#sdk;
    const { logger, user } = this.#options;
    const call = this.#call;
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe();
    try {
      const state = call.state.callingState;
      // The SDK would wait for a join that may never succeed.
      if (state === CallingState.JOINING) call.state.setCallingState(CallingState.RECONNECTING);
      if (state !== CallingState.LEFT) await call.leave();
    } catch (error) {
      logger.warn(
        { user: user.id, error: bareError(error) },
        'Stream’s SDK did not leave the call cleanly',
      );
    }
    try {
      await this.#client.disconnectUser(DISCONNECT_TIMEOUT_MS);
    } catch (error) {
      logger.warn(
        { user: user.id, error: bareError(error) },
        'Stream’s SDK did not disconnect cleanly',
      );
    }
  }
}

/** The SDK tells when it has negotiated, not when media can flow; its connection is ours, and knows. */
function isConnected(side: object | undefined): boolean {
  const connection = (side as { readonly pc?: PeerConnection } | undefined)?.pc;
  return connection?.connectionState === 'connected';
}
