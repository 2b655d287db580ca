import type {
  CallControl,
  CallRecording,
  HoldOptions,
  LocalRecordingOptions,
  StartRecordingOptions,
  TransferOptions,
  TransferResult,
} from '../calls/call-control.ts';
import type { CallLookup } from '../calls/call-lookup.ts';
import { delay } from '../clock/clock.ts';
import { CallStateError, CommandUnsupportedError } from '../errors.ts';
import type { PhoneBridge } from '../bridge/phone-bridge.ts';
import type { PhoneMediaStream } from '../media/phone-media-stream.ts';
import { LocalRecorder } from '../recording/local-recorder.ts';
import type { CallTransferOptions } from './call-transfer.ts';
import { CallTransfer } from './call-transfer.ts';

/** How long a goodbye may take that a hang-up waits for. */
const PLAYOUT_TIMEOUT_MS = 60_000;
const DIGITS = /^[0-9A-D*#w]{1,32}$/;
/** A key tone and the gap behind it, at most. */
const DIGIT_MS = 500;

export interface SessionControlOptions extends CallTransferOptions {
  /** Told of a recording that was made here. */
  readonly onRecording: (recording: CallRecording) => void;
}

/** What the verbs of a call do: to its connection here, and to the call at its provider. */
export class SessionControl implements CallControl {
  readonly #options: SessionControlOptions;
  readonly #transfer: CallTransfer;
  #isRecording = false;
  #isOpening = false;

  constructor(options: SessionControlOptions) {
    this.#options = options;
    this.#transfer = new CallTransfer(options);
  }

  async playedOut(): Promise<void> {
    const { call, connection, settings } = this.#options;
    const done = new AbortController();
    const tooLong = AbortSignal.any([done.signal, call.signal]);
    const heard = (async () => {
      await connection.participant?.turnFinished?.();
      await connection.bridge?.whenSilent();
    })();
    await Promise.race([heard.catch(() => {}), delay(settings.clock, PLAYOUT_TIMEOUT_MS, tooLong)]);
    done.abort();
  }

  async hold({ sound }: HoldOptions): Promise<void> {
    const bridge = this.#requireBridge();
    if (bridge.isHeld) return;
    // First of all the agent is told, so that it stops itself and knows what was heard.
    this.#options.call.announce('call-held', {});
    bridge.hold(sound);
  }

  async resume(): Promise<void> {
    const bridge = this.#requireBridge();
    if (!bridge.isHeld) return;
    bridge.resume();
    this.#options.call.announce('call-resumed', {});
  }

  async sendDigits(digits: string): Promise<void> {
    const { call, connection, host, settings } = this.#options;
    if (!DIGITS.test(digits)) {
      throw new RangeError(
        'Digits are 0 to 9, *, #, A to D, and w for a pause; at most 32 of them.',
      );
    }
    const { provider } = settings;
    if (!provider.sendDigits) throw this.#unsupported('sends no digits');
    this.#requireMedia();
    let isInterrupted = false;
    const restartMedia = (): Promise<string> => {
      if (connection.hasHandler) {
        throw new CommandUnsupportedError(
          'Here the provider interrupts the audio to send digits, which a handler of bare audio does not survive; use an agent.',
        );
      }
      isInterrupted = true;
      connection.expectInterruption(digits.length * DIGIT_MS);
      return connection.issueMediaUrl();
    };
    try {
      await provider.sendDigits({ call, digits, restartMedia }, host);
    } catch (error) {
      if (isInterrupted) connection.interruptionRefused();
      throw error;
    }
  }

  transfer(destination: string, options: TransferOptions): Promise<TransferResult> {
    return this.#transfer.run(destination, options);
  }

  async startRecording({ channels = 'stereo' }: StartRecordingOptions): Promise<void> {
    const { call, host, settings } = this.#options;
    const { provider } = settings;
    if (!provider.startRecording) throw this.#unsupported('records no calls');
    this.#requireAnswered();
    if (this.#isRecording) return;
    this.#isRecording = true;
    try {
      await provider.startRecording(call, { channels }, host);
    } catch (error) {
      this.#isRecording = false;
      throw error;
    }
  }

  async stopRecording(): Promise<void> {
    const { call, host, settings } = this.#options;
    const { provider } = settings;
    if (!provider.stopRecording) throw this.#unsupported('records no calls');
    await provider.stopRecording(call, host);
    this.#isRecording = false;
  }

  async startLocalRecording({ path }: LocalRecordingOptions): Promise<void> {
    const { call, connection, settings } = this.#options;
    if (connection.recorder || this.#isOpening) {
      throw new CallStateError('The call is being recorded here already.');
    }
    const media = this.#requireMedia();
    this.#isOpening = true;
    try {
      const recorder = await LocalRecorder.open(path, media, settings.clock);
      connection.recorder = recorder;
      // Also where the call has ended while the file was being opened.
      call.own(() => this.stopLocalRecording());
    } finally {
      this.#isOpening = false;
    }
  }

  async stopLocalRecording(): Promise<void> {
    const { call, connection, settings } = this.#options;
    const { recorder } = connection;
    if (!recorder) return;
    connection.recorder = undefined;
    const recording = await recorder.close();
    if (recorder.failure !== undefined) {
      settings.logger.error({ callId: call.id, error: recorder.failure }, 'A recording failed');
      settings.onError(recorder.failure);
    }
    this.#options.onRecording(recording);
  }

  async lookUp(): Promise<CallLookup> {
    const { call, host, settings } = this.#options;
    const { provider } = settings;
    if (!provider.lookUp) throw this.#unsupported('has no records of calls');
    if (call.providerCallId === undefined) {
      throw new CallStateError('The provider has not told its id of the call yet.');
    }
    return provider.lookUp(call, host);
  }

  #requireAnswered(): void {
    if (this.#options.call.wasAnswered) return;
    throw new CallStateError('The call is not answered yet.');
  }

  #requireMedia(): PhoneMediaStream {
    this.#requireAnswered();
    const { media } = this.#options.connection;
    if (media) return media;
    throw new CallStateError('The call’s audio is not connected now.');
  }

  #requireBridge(): PhoneBridge {
    const { bridge, hasHandler } = this.#options.connection;
    if (bridge) return bridge;
    if (hasHandler) {
      throw new CommandUnsupportedError('A handler of bare audio holds its caller itself.');
    }
    throw new CallStateError('The call’s audio is not connected yet.');
  }

  #unsupported(what: string): CommandUnsupportedError {
    return new CommandUnsupportedError(`The plugin for ${this.#options.call.provider} ${what}.`);
  }
}
