import { providerConformanceCases } from '@phone-agents/core/testing';
import { createTwilioSubject } from './test-support/conformance-subject.ts';

const cases = providerConformanceCases(createTwilioSubject, { restoresMedia: true });
for (const { name, run } of cases) test(name, run);
