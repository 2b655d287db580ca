import { encodeMulaw } from '@phone-agents/core';

export const STREAM_SID = 'MZ8899aabbccddeeff0011223344556677';
export const CALL_SID = 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9';

/** The message that opens a Twilio media stream. */
export const START_MESSAGE = Buffer.from(
  JSON.stringify({
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid: 'AC00112233445566778899aabbccddeeff',
      streamSid: STREAM_SID,
      callSid: CALL_SID,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: {},
    },
    streamSid: STREAM_SID,
  }),
);

/** Media messages of one unbroken stream, as Twilio writes them: `count` pieces of 20 ms. */
export function mediaMessages(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const samples = Int16Array.from(
      { length: 160 },
      (_value, i) => 8_000 * Math.sin((2 * Math.PI * 437 * (index * 160 + i)) / 8000),
    );
    return Buffer.from(
      JSON.stringify({
        event: 'media',
        sequenceNumber: String(index + 2),
        media: {
          track: 'inbound',
          chunk: String(index + 1),
          timestamp: String(index * 20),
          payload: Buffer.from(encodeMulaw(samples)).toString('base64'),
        },
        streamSid: STREAM_SID,
      }),
    );
  });
}
