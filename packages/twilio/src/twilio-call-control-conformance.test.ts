import { callControlConformanceCases } from '@phone-agents/core/testing';
import { createTwilioSubject } from './test-support/conformance-subject.ts';

// They wait for ringing and speaking in real time, most of them for the clock alone.
for (const { name, run } of callControlConformanceCases(createTwilioSubject)) {
  test.concurrent(name, run);
}
