import {
  createStreamStandin,
  type StreamStandin,
  type StreamStandinOptions,
} from '../stream-standin.ts';
import { TestParticipant, type TestParticipantOptions } from './test-participant.ts';

/** A stand-in for the tests of a file; whoever joins has left again after the test. */
export function useStandin(options?: StreamStandinOptions): {
  readonly standin: StreamStandin;
  join(userId: string, options?: Partial<TestParticipantOptions>): Promise<TestParticipant>;
  /** A call id that no other test uses. */
  readonly callId: string;
  readonly cid: string;
} {
  let standin: StreamStandin | undefined;
  let calls = 0;
  const joined: TestParticipant[] = [];

  beforeAll(async () => {
    standin = await createStreamStandin(options);
  });
  beforeEach(() => {
    calls++;
  });
  afterEach(async () => {
    standin?.faults.clear();
    await Promise.all(joined.splice(0).map((participant) => participant.leave()));
  });
  afterAll(() => standin?.close());

  function required(): StreamStandin {
    if (standin === undefined) throw new Error('the stand-in is there within tests only');
    return standin;
  }

  return {
    get standin() {
      return required();
    },
    get callId() {
      return `call-${calls}`;
    },
    get cid() {
      return `default:call-${calls}`;
    },
    async join(userId, more = {}) {
      const participant = await TestParticipant.join(required(), {
        userId,
        callId: `call-${calls}`,
        ...more,
      });
      joined.push(participant);
      return participant;
    },
  };
}
