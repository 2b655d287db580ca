import { telnyxConformanceCases } from './test-support/conformance-subject.ts';

/** With L16, or the header demanded, streams are opened by a command of their own: what hangs on streams is tried again. */
const MEDIA = /hear|words|media|audio|keys|interruption|twice|hang/;

const cases = telnyxConformanceCases(
  { codec: 'L16', requireStreamAuthHeader: true },
  { codec: 'L16' },
).filter(({ name }) => MEDIA.test(name));

for (const { name, run } of cases) test(`L16 at 16 kHz: ${name}`, run);
