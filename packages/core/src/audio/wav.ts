import { PhoneAgentError } from '../errors.ts';
import { decodeAlaw, decodeMulaw } from './g711.ts';
import { decodeL16 } from './l16.ts';

/** Sound as a WAV file holds it. */
export interface WavAudio {
  /** Samples per second: any, not only the rates of a call. */
  readonly sampleRate: number;
  /** One array for each channel, all of one length. */
  readonly channels: readonly Int16Array[];
}

/** The bytes are no WAV file, or one of a kind that is not supported. Code `wav_invalid`. */
export class WavFormatError extends PhoneAgentError {
  constructor(message: string) {
    super('wav_invalid', message);
  }
}

const HEADER_BYTES = 44;
const PCM = 1;
const ALAW = 6;
const MULAW = 7;
const EXTENSIBLE = 0xfffe;
/** What programs write as a size when they cannot go back to fill it in. */
const UNKNOWN_SIZE = 0xffff_ffff;

/**
 * Makes a WAV file of 16-bit PCM.
 *
 * @throws RangeError if there is no channel or more than 65,535, the channels differ in length, the
 *   rate is no positive whole number, or the file would exceed the 4 GB that its header can state.
 */
export function encodeWav({ sampleRate, channels }: WavAudio): Uint8Array {
  const length = channels[0]?.length;
  if (length === undefined || channels.length > 0xffff) {
    throw new RangeError(`A WAV file has 1 to 65,535 channels, not ${channels.length}.`);
  }
  if (channels.some((channel) => channel.length !== length)) {
    const lengths = channels.map((channel) => channel.length).join(', ');
    throw new RangeError(`The channels must be of one length, not ${lengths} samples.`);
  }
  if (!Number.isInteger(sampleRate) || sampleRate <= 0 || sampleRate > UNKNOWN_SIZE) {
    throw new RangeError(`\`sampleRate\` must be a positive whole number, not ${sampleRate}.`);
  }
  const frameBytes = 2 * channels.length;
  const dataBytes = frameBytes * length;
  if (HEADER_BYTES + dataBytes >= UNKNOWN_SIZE || sampleRate * frameBytes > UNKNOWN_SIZE) {
    throw new RangeError(`A WAV file cannot hold ${dataBytes} bytes at ${sampleRate} Hz.`);
  }
  const bytes = new Uint8Array(HEADER_BYTES + dataBytes);
  const view = new DataView(bytes.buffer);
  writeTag(bytes, 0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  writeTag(bytes, 8, 'WAVE');
  writeTag(bytes, 12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, 16, true);
  writeTag(bytes, 36, 'data');
  view.setUint32(40, dataBytes, true);
  channels.forEach((samples, channel) => {
    let at = HEADER_BYTES + 2 * channel;
    for (const sample of samples) {
      view.setInt16(at, sample, true);
      at += frameBytes;
    }
  });
  return bytes;
}

/**
 * Reads a WAV file: PCM of 8 or 16 bits, mu-law or A-law, any rate, any number of channels. Chunks
 * other than `fmt ` and `data` are passed over. A `data` chunk of unknown size (0xFFFFFFFF, as
 * programs write that stream to a pipe) goes to the end of the bytes.
 *
 * @throws WavFormatError (code `wav_invalid`) for anything else; the message says what was found.
 */
export function decodeWav(bytes: Uint8Array): WavAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || readTag(bytes, 0) !== 'RIFF' || readTag(bytes, 8) !== 'WAVE') {
    throw new WavFormatError('These bytes are not a WAV file: they do not begin with RIFF … WAVE.');
  }
  let format: WavFormat | undefined;
  // The size in the RIFF header is not used: it is often wrong, and the chunks say the same.
  for (let at = 12; at + 8 <= bytes.length;) {
    const tag = readTag(bytes, at);
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const available = bytes.length - start;
    if (tag === 'data') {
      if (format === undefined)
        throw new WavFormatError('The WAV file has no format before its data.');
      if (size > available && size !== UNKNOWN_SIZE) throw truncated(tag, size, available);
      return readData(bytes.subarray(start, start + Math.min(size, available)), format, size);
    }
    if (size > available) throw truncated(tag, size, available);
    if (tag === 'fmt ') format = readFormat(view, start, size);
    // Chunks begin at even places: one of an odd size is followed by a padding byte.
    at = start + size + (size % 2);
  }
  throw new WavFormatError('The WAV file has no data chunk.');
}

interface WavFormat {
  readonly sampleRate: number;
  readonly channelCount: number;
  readonly bytesPerSample: number;
  readonly decode: (bytes: Uint8Array) => Int16Array;
}

function readFormat(view: DataView, start: number, size: number): WavFormat {
  if (size < 16)
    throw new WavFormatError(`The WAV file's format has ${size} bytes, not 16 or more.`);
  let encoding = view.getUint16(start, true);
  const channelCount = view.getUint16(start + 2, true);
  const sampleRate = view.getUint32(start + 4, true);
  const frameBytes = view.getUint16(start + 12, true);
  const bits = view.getUint16(start + 14, true);
  // The extensible form has the real encoding at the start of its sub-format GUID.
  if (encoding === EXTENSIBLE && size >= 40) encoding = view.getUint16(start + 24, true);
  const decode = decoderFor(encoding, bits);
  if (decode === undefined) {
    throw new WavFormatError(
      `WAV encoding ${encoding} with ${bits} bits is not supported. Convert the file to 16-bit PCM; 8-bit PCM, mu-law and A-law can be read too.`,
    );
  }
  const bytesPerSample = bits / 8;
  if (channelCount === 0 || sampleRate === 0 || frameBytes !== channelCount * bytesPerSample) {
    throw new WavFormatError(
      `The WAV file's format contradicts itself: ${channelCount} channels, ${sampleRate} Hz, ${bits} bits, ${frameBytes} bytes a frame.`,
    );
  }
  return { sampleRate, channelCount, bytesPerSample, decode };
}

function decoderFor(encoding: number, bits: number): WavFormat['decode'] | undefined {
  if (encoding === PCM && bits === 16) return (bytes) => decodeL16(bytes, 'little-endian');
  // Eight-bit PCM alone is unsigned: 128 is silence.
  if (encoding === PCM && bits === 8)
    return (bytes) => Int16Array.from(bytes, (b) => (b - 128) << 8);
  if (encoding === MULAW && bits === 8) return (bytes) => decodeMulaw(bytes);
  if (encoding === ALAW && bits === 8) return (bytes) => decodeAlaw(bytes);
  return undefined;
}

function readData(data: Uint8Array, format: WavFormat, statedSize: number): WavAudio {
  const { channelCount, sampleRate, bytesPerSample, decode } = format;
  const frameBytes = channelCount * bytesPerSample;
  const length = Math.floor(data.length / frameBytes);
  // A stream may have been cut anywhere; a stated size may not.
  if (length * frameBytes !== data.length && statedSize !== UNKNOWN_SIZE) {
    throw new WavFormatError(
      `The WAV file's data (${data.length} bytes) ends within a frame of ${frameBytes} bytes.`,
    );
  }
  const samples = decode(data.subarray(0, length * frameBytes));
  if (channelCount === 1) return { sampleRate, channels: [samples] };
  const channels = Array.from({ length: channelCount }, (_, channel) => {
    const own = new Int16Array(length);
    for (let i = 0, from = channel; i < length; i++, from += channelCount) own[i] = samples[from]!;
    return own;
  });
  return { sampleRate, channels };
}

function truncated(tag: string, size: number, available: number): WavFormatError {
  return new WavFormatError(
    `The WAV file is cut off: its ${JSON.stringify(tag)} chunk should have ${size} bytes, but ${available} are left.`,
  );
}

function readTag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function writeTag(bytes: Uint8Array, at: number, tag: string): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = tag.charCodeAt(i);
}
