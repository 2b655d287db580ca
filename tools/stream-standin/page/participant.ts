/** A participant in a browser: the official SDK as a web page uses it, and a recorder for what arrives. */
import { type Call, StreamVideoClient } from '@stream-io/video-client';
import {
  type PageJoinOptions,
  type PageParticipant,
  type RecordedBlock,
  RECORDING_RATE,
} from './page-interface.ts';

/** Sound after this much silence is an onset. */
const SILENCE_MS = 100;

declare global {
  interface Window {
    participant: PageParticipant;
  }
}

let client: StreamVideoClient | undefined;
let call: Call | undefined;
let recording: Recording | undefined;

/** Records one remote stream. */
class Recording {
  readonly blocks: RecordedBlock[] = [];
  readonly #context = new AudioContext({ sampleRate: RECORDING_RATE });
  readonly #element = new Audio();

  async start(stream: MediaStream): Promise<void> {
    // Chromium decodes a remote stream only while an element plays it.
    this.#element.muted = true;
    this.#element.srcObject = stream;
    void this.#element.play();
    await this.#context.audioWorklet.addModule('recorder.js');
    const recorder = new AudioWorkletNode(this.#context, 'recorder', { numberOfOutputs: 0 });
    recorder.port.onmessage = ({ data }: MessageEvent<RecordedBlock>) => this.blocks.push(data);
    this.#context.createMediaStreamSource(stream).connect(recorder);
    await this.#context.resume();
  }

  get length(): number {
    return this.blocks.reduce((sum, { samples }) => sum + samples.length, 0);
  }

  async stop(): Promise<void> {
    this.#element.srcObject = null;
    await this.#context.close();
  }
}

function streamOf(name: string): MediaStream | undefined {
  const participants = call?.state.remoteParticipants ?? [];
  return participants.find((participant) => participant.name === name)?.audioStream;
}

window.participant = {
  async join(options: PageJoinOptions) {
    const { apiKey, userId, name, token, callType, callId, baseUrl, locationHintUrl } = options;
    client = new StreamVideoClient({ apiKey, options: { baseURL: baseUrl, locationHintUrl } });
    await client.connectUser({ id: userId, name }, token);
    call = client.call(callType, callId);
    await call.camera.disable();
    // What the microphone hears is to arrive as it is: a tone would pass for noise.
    call.microphone.setDefaultConstraints({
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
    });
    await call.join({ create: true });
    await call.microphone.enable();
  },

  names: () => (call?.state.remoteParticipants ?? []).map(({ name }) => name),

  hears: (name) =>
    streamOf(name)
      ?.getAudioTracks()
      .some((track) => !track.muted) === true,

  async record(name) {
    const stream = streamOf(name);
    if (stream === undefined) throw new Error(`no sound comes from ${name}`);
    await recording?.stop();
    recording = new Recording();
    await recording.start(stream);
  },

  recordedSeconds: () => (recording?.length ?? 0) / RECORDING_RATE,

  recorded() {
    const bytes = new DataView(new ArrayBuffer(2 * (recording?.length ?? 0)));
    let offset = 0;
    for (const { samples } of recording?.blocks ?? []) {
      for (const sample of samples) {
        bytes.setInt16(offset, Math.max(-1, Math.min(1, sample)) * 32_767, true);
        offset += 2;
      }
    }
    let text = '';
    for (let index = 0; index < bytes.byteLength; index++) {
      text += String.fromCharCode(bytes.getUint8(index));
    }
    return btoa(text);
  },

  onsets(level) {
    const onsets: number[] = [];
    let loudAtMs = Number.NEGATIVE_INFINITY;
    for (const { samples, atMs } of recording?.blocks ?? []) {
      samples.forEach((sample, index) => {
        if (Math.abs(sample) < level) return;
        const sampleAtMs = atMs + (index * 1000) / RECORDING_RATE;
        if (sampleAtMs - loudAtMs > SILENCE_MS) onsets.push(sampleAtMs);
        loudAtMs = sampleAtMs;
      });
    }
    return onsets;
  },

  async jitterBuffer() {
    const reports = (await call?.subscriber?.getStats()) as
      ReadonlyMap<string, RTCStats> | undefined;
    const inbound = [...(reports?.values() ?? [])].find(({ type }) => type === 'inbound-rtp');
    const { jitterBufferDelay = 0, jitterBufferEmittedCount = 0 } =
      (inbound as RTCInboundRtpStreamStats | undefined) ?? {};
    return { samples: jitterBufferEmittedCount, waitedMs: 1000 * jitterBufferDelay };
  },

  async leave() {
    await recording?.stop();
    await call?.leave();
    await client?.disconnectUser();
  },
};
