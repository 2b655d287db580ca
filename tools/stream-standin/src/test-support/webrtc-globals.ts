import {
  MediaStream,
  MediaStreamTrack,
  RTCIceCandidate,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCSessionDescription,
  type RTCPeerConnectionConfig,
} from 'werift';
import { resumeAfterIceRestart, settled } from '../sfu/peer.ts';

type LocalDescription = Parameters<RTCPeerConnection['setLocalDescription']>[0];
type SessionDescription = Awaited<ReturnType<RTCPeerConnection['setLocalDescription']>>;

/** What the SDK expects of a browser, by werift. `createOffer` and `createAnswer` give objects that it may change. */
class TestPeerConnection extends RTCPeerConnection {
  constructor(config: RTCPeerConnectionConfig = {}) {
    super({
      ...config,
      codecs: {
        audio: [
          new RTCRtpCodecParameters({
            mimeType: 'audio/opus',
            clockRate: 48_000,
            channels: 2,
            payloadType: 111,
            parameters: 'minptime=10;useinbandfec=1',
          }),
        ],
        video: [
          new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: 90_000, payloadType: 96 }),
        ],
      },
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
  }

  override async createOffer(options?: { iceRestart?: boolean }): Promise<RTCSessionDescription> {
    const { type, sdp } = await super.createOffer(options);
    return { type, sdp } as RTCSessionDescription;
  }

  // werift takes an ICE restart for done once DTLS is connected: see resumeAfterIceRestart.
  override async setRemoteDescription(
    description: Parameters<RTCPeerConnection['setRemoteDescription']>[0],
  ): Promise<void> {
    if (description.type === 'offer') await settled(this);
    await super.setRemoteDescription(description);
    if (this.signalingState === 'stable') resumeAfterIceRestart(this);
  }

  override setLocalDescription(description: { type: 'rollback' }): Promise<void>;
  override setLocalDescription(description?: LocalDescription): Promise<SessionDescription>;
  override async setLocalDescription(
    description?: LocalDescription,
  ): Promise<SessionDescription | void> {
    const local = await super.setLocalDescription(description);
    if (this.signalingState === 'stable') resumeAfterIceRestart(this);
    return local;
  }

  override async createAnswer(): Promise<RTCSessionDescription> {
    const { type, sdp } = await super.createAnswer();
    return { type, sdp } as RTCSessionDescription;
  }
}

/** Installs them once in this process. */
export function installWebRtcGlobals(): void {
  const globals = {
    RTCPeerConnection: TestPeerConnection,
    MediaStream,
    MediaStreamTrack,
    RTCSessionDescription,
    RTCIceCandidate,
    RTCPeerConnectionIceErrorEvent: class {},
  };
  for (const [name, value] of Object.entries(globals)) {
    if (Reflect.get(globalThis, name) === undefined) Reflect.set(globalThis, name, value);
  }
  if (!('navigator' in globalThis)) {
    Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'node' } });
  }
}
