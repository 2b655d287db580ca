import type { LiveCallerMessage, LiveCallMessage } from '../src/control/control-protocol.ts';
import { CallAudio } from './call-audio.ts';

/** What the page is told of its call. */
export interface PhoneConnectionEvents {
  onMessage(message: LiveCallMessage): void;
  /** A frame of either side, for its meter. */
  onSound(side: 'caller' | 'agent', samples: Int16Array): void;
  /** Once, whoever ended it; `problem` where it was not an end as ends should be. */
  onClosed(problem?: string): void;
}

/** One call of this page: its WebSocket and its sound. */
export class PhoneConnection {
  readonly #audio: CallAudio;
  readonly #socket: WebSocket;
  readonly #events: PhoneConnectionEvents;
  #isClosed = false;

  /** Asks for the microphone, then calls. */
  static async open(events: PhoneConnectionEvents): Promise<PhoneConnection> {
    return new PhoneConnection(await CallAudio.open(), events);
  }

  private constructor(audio: CallAudio, events: PhoneConnectionEvents) {
    this.#audio = audio;
    this.#events = events;
    this.#socket = new WebSocket(new URL('/phone/call', location.href.replace(/^http/, 'ws')));
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') this.#told(JSON.parse(data) as LiveCallMessage);
      else {
        events.onSound('agent', new Int16Array(data));
        audio.play(data);
      }
    };
    this.#socket.onclose = ({ code }) =>
      this.#close(code === 1000 ? undefined : 'The connection to the server was lost.');
  }

  /** Why nothing is heard of the person, where there is no microphone. */
  get microphoneProblem(): string | undefined {
    return this.#audio.microphoneProblem;
  }

  press(digits: string): void {
    this.#send({ type: 'digits', digits });
  }

  mute(isMuted: boolean): void {
    this.#audio.mute(isMuted);
  }

  hangUp(): void {
    this.#send({ type: 'hang-up' });
  }

  #told(message: LiveCallMessage): void {
    if (message.type === 'call') {
      this.#audio.start(message.sampleRate, (frame) => {
        this.#events.onSound('caller', new Int16Array(frame));
        if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
      });
    }
    if (message.type === 'refused') this.#close(message.message);
    else this.#events.onMessage(message);
  }

  #send(message: LiveCallerMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #close(problem?: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#audio.close();
    this.#socket.close();
    this.#events.onClosed(problem);
  }
}
