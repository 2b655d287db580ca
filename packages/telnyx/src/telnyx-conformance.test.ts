import { telnyxConformanceCases } from './test-support/conformance-subject.ts';

for (const { name, run } of telnyxConformanceCases()) test(name, run);
