import { providerConformanceCases } from '@phone-agents/core/testing';
import { telnyxSubject } from './test-support/conformance-subject.ts';

const cases = providerConformanceCases(telnyxSubject(), { restoresMedia: true });
for (const { name, run } of cases) test(name, run);
