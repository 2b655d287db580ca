import { AudioFormatError } from '../errors.ts';
import { samplesPerFrame, type SampleRate } from './audio-frame.ts';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts';
import { decodeL16, encodeL16, type ByteOrder } from './l16.ts';

export type { ByteOrder } from './l16.ts';

/** How sound is put into bytes, by the names of RFC 3551: PCMU is mu-law, PCMA is A-law, L16 is plain 16-bit PCM. */
export type AudioEncoding = 'PCMU' | 'PCMA' | 'L16';

/** The form in which a provider sends or takes sound: always one channel. */
export interface AudioFormat {
  readonly encoding: AudioEncoding;
  /** 8000 for PCMU and PCMA; any of the four rates for L16. */
  readonly sampleRate: SampleRate;
  /** For L16 only. Default `little-endian`, which most WebSocket media streams send (RTP has `big-endian`). */
  readonly byteOrder?: ByteOrder | undefined;
}

/** Turns samples into the bytes of one format and back. Holds no state, so one may serve both directions. */
export interface AudioCodec {
  /** The format, with `byteOrder` filled in for L16. */
  readonly format: AudioFormat;
  /** Bytes of a 20 ms frame: 160 for PCMU and PCMA, 640 for L16 at 16 kHz. */
  readonly bytesPerFrame: number;
  /**
   * Encodes `samples` into the start of `into` and returns how many bytes were written.
   *
   * @throws RangeError if `into` is too short.
   */
  encode(samples: Int16Array, into: Uint8Array): number;
  /**
   * Decodes `bytes`, of any length, into the start of `into` and returns how many samples were written.
   *
   * @throws AudioFormatError if L16 has an odd number of bytes.
   * @throws RangeError if `into` is too short.
   */
  decode(bytes: Uint8Array, into: Int16Array): number;
  /** Fills `into` with the bytes of silence: 0xFF for PCMU, 0xD5 for PCMA, 0 for L16. */
  silence(into: Uint8Array): void;
}

const SUPPORTED_RATES: Readonly<Record<AudioEncoding, readonly number[]>> = {
  PCMU: [8000],
  PCMA: [8000],
  L16: [8000, 16000, 24000, 48000],
};

/**
 * Makes the codec for a format.
 *
 * @throws AudioFormatError if the encoding, its rate or the byte order is not supported; the message
 *   names what is.
 */
export function createAudioCodec(format: AudioFormat): AudioCodec {
  const { encoding, sampleRate, byteOrder = 'little-endian' } = format;
  if (
    !Object.hasOwn(SUPPORTED_RATES, encoding) ||
    !SUPPORTED_RATES[encoding].includes(sampleRate)
  ) {
    throw new AudioFormatError(
      `Audio ${shown(encoding)} at ${shown(sampleRate)} Hz is not supported; supported are ${supportedFormats()}.`,
    );
  }
  switch (encoding) {
    case 'PCMU':
      return {
        format: { encoding, sampleRate },
        bytesPerFrame: samplesPerFrame(sampleRate),
        encode: (samples, into) => (encodeMulaw(samples, into), samples.length),
        decode: (bytes, into) => (decodeMulaw(bytes, into), bytes.length),
        silence: (into) => void into.fill(0xff),
      };
    case 'PCMA':
      return {
        format: { encoding, sampleRate },
        bytesPerFrame: samplesPerFrame(sampleRate),
        encode: (samples, into) => (encodeAlaw(samples, into), samples.length),
        decode: (bytes, into) => (decodeAlaw(bytes, into), bytes.length),
        silence: (into) => void into.fill(0xd5),
      };
    case 'L16':
      if (byteOrder !== 'little-endian' && byteOrder !== 'big-endian') {
        throw new AudioFormatError(
          `Byte order ${shown(byteOrder)} is not supported for L16; use 'little-endian' or 'big-endian'.`,
        );
      }
      return {
        format: { encoding, sampleRate, byteOrder },
        bytesPerFrame: 2 * samplesPerFrame(sampleRate),
        encode: (samples, into) => (encodeL16(samples, byteOrder, into), 2 * samples.length),
        decode: (bytes, into) => (decodeL16(bytes, byteOrder, into), bytes.length / 2),
        silence: (into) => void into.fill(0),
      };
  }
}

function supportedFormats(): string {
  return Object.entries(SUPPORTED_RATES)
    .map(([encoding, rates]) => `${encoding} at ${rates.join(', ')} Hz`)
    .join('; ');
}

/** A value from a provider's message, short enough for an error message whatever was sent. */
function shown(value: unknown): string {
  const text =
    typeof value === 'string' || typeof value === 'number' ? String(value) : typeof value;
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
