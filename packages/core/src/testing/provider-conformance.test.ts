import { createPhone } from '../phone/phone.ts';
import type { BinaryCarrierOptions } from '../test-support/binary-carrier.ts';
import { BinaryCarrier } from '../test-support/binary-carrier.ts';
import { BinaryProvider } from '../test-support/binary-provider.ts';
import { ManualClock } from './manual-clock.ts';
import {
  callControlConformanceCases,
  outboundConformanceCases,
  providerConformanceCases,
} from './provider-conformance.ts';
import type {
  CreateProviderSubject,
  ProviderConformanceSubject,
  ProviderSubjectRequest,
} from './provider-stage.ts';

const SECRET = 'a secret of these tests';

const clocks: ManualClock[] = [];

type Ignored = BinaryCarrierOptions['ignores'];

const create: CreateProviderSubject = (request) => createWith(request);

async function createWith(
  { phone: options, ...carrierOptions }: ProviderSubjectRequest,
  ignores?: Ignored,
): Promise<ProviderConformanceSubject> {
  const clock = new ManualClock();
  clocks.push(clock);
  const carrier = new BinaryCarrier({ clock, secret: SECRET, ignores, ...carrierOptions });
  const provider = new BinaryProvider(SECRET, carrier);
  const phone = createPhone({
    ...options,
    provider,
    clock,
    publicUrl: 'https://agent.example.com/phone',
  });
  carrier.phone = phone;
  return {
    carrier,
    phone,
    passTime: (durationMs) => clock.advance(durationMs),
    close: async () => {
      await carrier.close();
      const closing = phone.close();
      await clock.advance(5_000);
      await closing;
    },
  };
}

/** The same provider, but one whose calls do not outlive their media socket. */
const createWithoutRestoring: CreateProviderSubject = async (request) => {
  const subject = await create(request);
  const { carrier } = subject;
  const placeCall = carrier.placeCall.bind(carrier);
  carrier.placeCall = async (options) => {
    const call = await placeCall(options);
    call.dropMedia = () => call.hangUp();
    return call;
  };
  return subject;
};

describe('a provider with binary frames and no marks conforms:', () => {
  for (const { name, run } of [
    ...providerConformanceCases(create, { restoresMedia: true }),
    ...outboundConformanceCases(create),
    ...callControlConformanceCases(create),
  ]) {
    test(name, run);
  }
});

describe('a provider that loses calls with their media conforms:', () => {
  const cases = providerConformanceCases(createWithoutRestoring, { restoresMedia: false });
  for (const { name, run } of cases) {
    if (name.includes('lost')) test(name, run);
  }
  test('is asked what it can do, and not what it cannot', () => {
    const names = cases.map(({ name }) => name);
    expect(names).toContain('a call whose media is lost for good ends');
    expect(names).not.toContain('a call whose media is lost goes on over another stream');
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the cases find a provider that', () => {
  test.each<[string, Ignored, RegExp, RegExp]>([
    ['does not clear', 'clear', /^an interruption/, /it dropped 0 ms only/],
    ['does not hang up', 'hangup', /^when we hang up/, /caller’s line has ended/],
    ['does not apologise', 'transfer', /after the call was answered/, /caller’s line has ended/],
    ['does not carry our audio', 'audio', /hear each other/, /caller hears the agent/],
  ])('%s', async (_fault, ignores, named, complaint) => {
    const cases = providerConformanceCases((request) => createWith(request, ignores), {
      restoresMedia: true,
    });
    const found = cases.filter(({ name }) => named.test(name));
    expect(found).toHaveLength(1);
    await expect(found[0]!.run()).rejects.toThrow(complaint);
  });
});

afterEach(() => {
  for (const clock of clocks.splice(0)) expect(clock.timerCount).toBe(0);
});
