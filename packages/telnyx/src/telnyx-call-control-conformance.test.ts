import { callControlConformanceCases } from '@phone-agents/core/testing';
import { telnyxSubject } from './test-support/conformance-subject.ts';

// They wait for ringing and speaking in real time, most of them for the clock alone.
for (const { name, run } of callControlConformanceCases(telnyxSubject())) {
  test.concurrent(name, run);
}
