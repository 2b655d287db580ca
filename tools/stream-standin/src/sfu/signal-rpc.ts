import { SfuModels } from '@stream-io/video-client';
import { isObject, type JsonObject, objectList, textField } from '../json.ts';
import type { LocalAnswer } from '../local-server.ts';
import type { MediaCall } from './media-call.ts';
import type { MediaParticipant } from './media-participant.ts';
import type { AnnouncedTrack } from './publisher-peer.ts';
import type { SfuSession } from './sfu-session.ts';

/** Where the procedures of a media server live, in the form of Twirp: a POST with JSON in and out. */
export const SIGNAL_SERVICE = 'stream.video.sfu.signal.SignalServer';

/** Whom a procedure is called for. */
export interface RpcContext {
  readonly call: MediaCall;
  readonly participant: MediaParticipant;
  /** The participant's connection to the server that was asked. */
  readonly session: SfuSession;
}

type Procedure = (context: RpcContext, input: JsonObject) => JsonObject | Promise<JsonObject>;

/** Names follow the JSON form of protocol buffers: fields in camel case, defaults left out, enums by name. */
const procedures: Readonly<Record<string, Procedure>> = {
  async SetPublisher({ call, participant, session }, input) {
    const tracks = objectList(input['tracks']).map(toAnnouncedTrack);
    const sdp = await session.publish(textField(input, 'sdp') ?? '', tracks, (type) =>
      participant.track(type),
    );
    for (const { type, isMuted } of tracks) call.setMuted(participant, type, isMuted);
    return { sdp, sessionId: participant.sessionId, iceRestart: false };
  },

  async SendAnswer({ session }, input) {
    const negotiationId = Number(input['negotiationId'] ?? 0);
    await session.acceptAnswer(textField(input, 'sdp') ?? '', negotiationId);
    return {};
  },

  // An ICE lite agent learns the client's addresses from its checks.
  IceTrickle: () => ({}),

  UpdateMuteStates({ call, participant }, input) {
    for (const state of objectList(input['muteStates'])) {
      call.setMuted(participant, toTrackType(state['trackType']), state['muted'] === true);
    }
    return {};
  },

  IceRestart({ session }, input) {
    if (isSubscriber(input['peerType'])) session.restartSubscriberIce();
    else session.send({ oneofKind: 'iceRestart', iceRestart: { peerType: 0 } });
    return {};
  },

  // Audio is forwarded without being asked for, and there is nothing else.
  UpdateSubscriptions: () => ({}),
  SendStats: () => ({}),
  SendMetrics: () => ({}),
  StartNoiseCancellation: () => ({}),
  StopNoiseCancellation: () => ({}),
};

/** Calls a procedure by the last part of its path. Its errors are part of the answer, as Stream's are. */
export async function callProcedure(
  name: string,
  context: RpcContext,
  body: Buffer,
): Promise<LocalAnswer> {
  const procedure = Object.hasOwn(procedures, name) ? procedures[name] : undefined;
  if (procedure === undefined) return twirpError(404, 'bad_route', `no procedure ${name}`);
  const input = parse(body);
  if (input === undefined) return twirpError(400, 'malformed', 'JSON was expected');
  try {
    return { status: 200, body: await procedure(context, input) };
  } catch (error) {
    return rpcFailure(SfuModels.ErrorCode.REQUEST_VALIDATION_FAILED, String(error));
  }
}

/** The answer to a call that was understood and failed. */
export function rpcFailure(code: SfuModels.ErrorCode, message: string): LocalAnswer {
  const name = `ERROR_CODE_${SfuModels.ErrorCode[code]}`;
  return { status: 200, body: { error: { code: name, message, shouldRetry: false } } };
}

/** An error of the transport, in the form that Twirp clients read. */
export function twirpError(status: number, code: string, msg: string): LocalAnswer {
  return { status, body: { code, msg } };
}

function parse(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.length === 0 ? '{}' : body.toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toAnnouncedTrack(track: JsonObject): AnnouncedTrack {
  return {
    type: toTrackType(track['trackType']),
    mid: textField(track, 'mid') ?? '',
    isMuted: track['muted'] === true,
  };
}

function toTrackType(value: unknown): SfuModels.TrackType {
  if (typeof value === 'number') return value;
  const name = String(value).replace(/^TRACK_TYPE_/, '');
  const type: unknown = Reflect.get(SfuModels.TrackType, name);
  return typeof type === 'number' ? type : SfuModels.TrackType.UNSPECIFIED;
}

function isSubscriber(value: unknown): boolean {
  return value === SfuModels.PeerType.SUBSCRIBER || value === 'PEER_TYPE_SUBSCRIBER';
}
