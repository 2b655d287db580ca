import type { JsonMediaProtocol } from '../media/json-media-protocol.ts';

/** Names as Twilio, SignalWire and Plivo write them; mu-law only. */
export const CAMEL: JsonMediaProtocol = {
  company: 'Camel',
  streamId: 'streamSid',
  sequenceNumber: 'sequenceNumber',
  callId: 'callSid',
  mediaFormat: 'mediaFormat',
  sampleRate: 'sampleRate',
  parameters: 'customParameters',
  encodings: { 'audio/x-mulaw': 'PCMU' },
};

/** Names as Exotel writes them, with plain PCM too and without tracks. */
export const SNAKE: JsonMediaProtocol = {
  company: 'Snake',
  streamId: 'stream_id',
  sequenceNumber: 'sequence_number',
  callId: 'call_id',
  mediaFormat: 'media_format',
  sampleRate: 'sample_rate',
  parameters: 'custom_parameters',
  encodings: { PCMU: 'PCMU', raw: 'L16' },
  byteOrder: 'big-endian',
  hasTracks: false,
};
