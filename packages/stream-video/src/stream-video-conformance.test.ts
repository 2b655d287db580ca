import { edgeConformanceCases } from '@phone-agents/core/testing';
import type { StreamStandin } from '@phone-agents/stream-standin';
import { createStreamStandin } from '@phone-agents/stream-standin';
import { createStreamVideoEdge } from './stream-video-edge.ts';

let standin: StreamStandin;

beforeAll(async () => {
  standin = await createStreamStandin();
});

afterAll(() => standin.close());

describe('the Stream edge, over a stand-in of Stream', () => {
  const cases = edgeConformanceCases(() => {
    const { url: baseUrl, apiKey, apiSecret } = standin;
    const edge = createStreamVideoEdge({ apiKey, apiSecret, baseUrl, environment: {} });
    return Promise.resolve({ edge, close: () => Promise.resolve() });
  });
  for (const { name, run } of cases) test(name, run);
});
