import { testFaultyCarrier } from '../test-support/faulty-carrier-suite.ts';

testFaultyCarrier('twilio');
