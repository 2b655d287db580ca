import { fileURLToPath } from 'node:url';
import type { LiveCheckOptions } from './test-support/live-check.ts';
import { callBetween, settleByteOrder } from './test-support/live-check.ts';
import { SampleRecorder } from './test-support/sample-recorder.ts';

/**
 * Real calls between two real numbers of one Telnyx account, which cost a few cents. Both numbers lead
 * to the Call Control application, whose webhook address is `PUBLIC_URL/telnyx/events`; a tunnel leads
 * `PUBLIC_URL` to `PORT` of this machine.
 */
const NEEDED = [
  'TELNYX_API_KEY',
  'TELNYX_PUBLIC_KEY',
  'TELNYX_CALL_CONTROL_APP_ID',
  'TELNYX_PHONE_NUMBER',
  'TELNYX_SECOND_PHONE_NUMBER',
  'PUBLIC_URL',
];

const missing = NEEDED.filter((name) => (process.env[name] ?? '').trim() === '');
const live = missing.length === 0 ? test : test.skip;
const why = missing.length === 0 ? '' : ` [skipped: ${missing.join(', ')} not set]`;
const TIMEOUT_MS = 180_000;
const SAMPLES = fileURLToPath(new URL('../../../recordings/telnyx-samples', import.meta.url));

const recorder = new SampleRecorder();
const options: LiveCheckOptions = {
  settings: {},
  from: process.env['TELNYX_PHONE_NUMBER'] ?? '',
  to: process.env['TELNYX_SECOND_PHONE_NUMBER'] ?? '',
  publicUrl: process.env['PUBLIC_URL'],
  port: Number(process.env['PORT'] ?? 8_000),
  patienceMs: 40_000,
  recorder,
};

afterAll(async () => {
  if (missing.length > 0) return;
  const files = await recorder.save(SAMPLES);
  console.log(`Redacted samples of ${files.length} kinds of messages: ${SAMPLES}`);
});

live.each(['PCMU', 'PCMA'] as const)(
  `a call between two numbers is heard at both ends, sent as %s${why}`,
  async (codec) => {
    const result = await callBetween(options, { caller: codec, called: codec });
    console.log(
      `Telnyx sent ${result.inboundEncodings.join(' and ')} where ${codec} was asked for.`,
    );
    expect(result).toMatchObject({ callerHeardCalled: true, calledHeardCaller: true });
  },
  TIMEOUT_MS,
);

live(
  `the byte order of L16 is the one that is taken for granted${why}`,
  async () => {
    const byteOrder = await settleByteOrder(options);
    console.log(`Telnyx has L16 in ${byteOrder ?? 'neither'} byte order.`);
    expect(byteOrder).toBe('little-endian');
  },
  TIMEOUT_MS,
);
