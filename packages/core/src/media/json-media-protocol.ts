import type { AudioEncoding, ByteOrder } from '../audio/audio-codec.ts';

/** An object as JSON has it, of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What a provider calls the things in its media messages. The messages themselves are alike at many
 * companies: JSON objects whose `event` is `start`, `media`, `dtmf`, `mark` or `stop`, with a body
 * under that name, and audio as base64 in `media.payload`.
 */
export interface JsonMediaProtocol {
  /** The company, as log lines and errors name it. */
  readonly company: string;
  /** The member of each message that holds the stream's id: `streamSid`. */
  readonly streamId: string;
  /** The member that counts the messages, which is not looked at: `sequenceNumber`. */
  readonly sequenceNumber: string;
  /** The member of `start` that holds the company's id of the call: `callSid`. */
  readonly callId: string;
  /** The member of `start` that holds the caller's `encoding`, its rate and `channels`: `mediaFormat`. */
  readonly mediaFormat: string;
  /** The member of the media format that holds the rate in Hz: `sampleRate`. */
  readonly sampleRate: string;
  /** The member of `start` that holds the parameters that the stream was opened with: `customParameters`. */
  readonly parameters: string;
  /** The encodings that the caller's audio may come in, by the company's words: `{ 'audio/x-mulaw': 'PCMU' }`. */
  readonly encodings: Readonly<Record<string, AudioEncoding>>;
  /** Which byte of an L16 sample comes first in the caller's audio. Default `little-endian`. */
  readonly byteOrder?: ByteOrder | undefined;
  /**
   * Whether each piece of audio says in `track` whose it is, of which only `inbound` is the caller's.
   * Default true; without, all audio is the caller's.
   */
  readonly hasTracks?: boolean | undefined;
}
