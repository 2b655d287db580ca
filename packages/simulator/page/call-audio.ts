import captureUrl from './worklets/capture.ts?worker&url';
import playbackUrl from './worklets/playback.ts?worker&url';

/** Microphone and loudspeaker of one call. */
export class CallAudio {
  /** Why nothing is heard of the person, where there is no microphone. */
  readonly microphoneProblem: string | undefined;
  readonly #context: AudioContext;
  readonly #microphone: MediaStream | undefined;
  #playback: AudioWorkletNode | undefined;

  private constructor(
    context: AudioContext,
    microphone: MediaStream | undefined,
    microphoneProblem: string | undefined,
  ) {
    this.#context = context;
    this.#microphone = microphone;
    this.microphoneProblem = microphoneProblem;
  }

  /** Asks for the microphone. To be called from a click: browsers let no page sound unasked. */
  static async open(): Promise<CallAudio> {
    const context = new AudioContext({ latencyHint: 'interactive' });
    let microphone: MediaStream | undefined;
    let problem: string | undefined;
    try {
      microphone = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
      });
    } catch (error) {
      problem = describeProblem(error);
    }
    await context.resume();
    await context.audioWorklet.addModule(captureUrl);
    await context.audioWorklet.addModule(playbackUrl);
    return new CallAudio(context, microphone, problem);
  }

  /** Starts both directions at the line's rate. `onVoice` gets the person's 20 ms frames. */
  start(lineRate: number, onVoice: (frame: ArrayBuffer) => void): void {
    const processorOptions = { lineRate };
    this.#playback = new AudioWorkletNode(this.#context, 'playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions,
    });
    this.#playback.connect(this.#context.destination);
    if (!this.#microphone) return;
    const capture = new AudioWorkletNode(this.#context, 'capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions,
    });
    capture.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => onVoice(data);
    this.#context.createMediaStreamSource(this.#microphone).connect(capture);
  }

  /** Plays a frame; it is given away. */
  play(frame: ArrayBuffer): void {
    this.#playback?.port.postMessage(frame, [frame]);
  }

  mute(isMuted: boolean): void {
    for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = !isMuted;
  }

  /** Lets go of the microphone and the loudspeaker. Repeatable. */
  close(): void {
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    if (this.#context.state !== 'closed') void this.#context.close();
  }
}

function describeProblem(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError') {
    return 'The browser may not use the microphone. Allow it beside the address, or use the keypad.';
  }
  if (name === 'NotFoundError') return 'There is no microphone. The keypad works without.';
  return 'The microphone cannot be used now. The keypad works without.';
}
