import { outboundConformanceCases, providerConformanceCases } from '@phone-agents/core/testing';
import { telnyxSubject } from './test-support/conformance-subject.ts';

/** With L16, or the header demanded, streams are opened by a command of their own: what hangs on streams is tried again. */
const MEDIA = /hear|words|media|audio|keys|interruption|twice|hang/;
/** Calls that we place ask for their stream at once. */
const DIALLED_MEDIA = /hear each other$|heard whole/;

const subject = telnyxSubject({ codec: 'L16', requireStreamAuthHeader: true }, { codec: 'L16' });
const cases = [
  ...providerConformanceCases(subject, { restoresMedia: true }).filter(({ name }) =>
    MEDIA.test(name),
  ),
  ...outboundConformanceCases(subject).filter(({ name }) => DIALLED_MEDIA.test(name)),
];

for (const { name, run } of cases) test(`L16 at 16 kHz: ${name}`, run);
