import type { ConformanceCase } from './conformance.ts';
import { answerCases } from './provider-answer-cases.ts';
import { lifecycleCases } from './provider-lifecycle-cases.ts';
import { mediaCases } from './provider-media-cases.ts';
import { outboundCases } from './provider-outbound-cases.ts';
import { transferCases } from './provider-transfer-cases.ts';
import type { ProviderCase } from './provider-case.ts';
import type { CreateProviderSubject } from './provider-stage.ts';
import { ProviderStage } from './provider-stage.ts';

/** What not every provider can. */
export interface ProviderTraits {
  /**
   * Whether a call whose media socket is lost goes on over another one; where it does not, the call
   * must end instead.
   */
  readonly restoresMedia: boolean;
}

/**
 * What every telephony provider must do, as cases for any test runner. They drive calls through a
 * stand-in of the carrier, real or in memory, and listen at both ends.
 *
 * ```ts
 * const cases = providerConformanceCases(createSubject, { restoresMedia: true });
 * for (const { name, run } of cases) test(name, run);
 * ```
 *
 * @param createSubject Makes the phone from the options that it is given, and the carrier that calls it.
 */
export function providerConformanceCases(
  createSubject: CreateProviderSubject,
  traits: ProviderTraits,
): readonly ConformanceCase[] {
  const has = { restoresMedia: traits.restoresMedia, losesMedia: !traits.restoresMedia };
  return [...mediaCases, ...lifecycleCases, ...answerCases]
    .filter(({ needs }) => needs === undefined || has[needs])
    .map((providerCase) => conformanceCase(createSubject, providerCase));
}

/**
 * What every telephony provider must do that places calls, as cases for any test runner. The carrier
 * must have `setPhone` and `dialled`.
 */
export function outboundConformanceCases(
  createSubject: CreateProviderSubject,
): readonly ConformanceCase[] {
  return outboundCases.map((providerCase) => conformanceCase(createSubject, providerCase));
}

/**
 * What every telephony provider must do that is told to do something to a live call: send keys, record,
 * transfer. The carrier must have `setPhone`, `dialled` and, on its calls, `receivedDigits`.
 */
export function callControlConformanceCases(
  createSubject: CreateProviderSubject,
): readonly ConformanceCase[] {
  return transferCases.map((providerCase) => conformanceCase(createSubject, providerCase));
}

function conformanceCase(
  createSubject: CreateProviderSubject,
  providerCase: ProviderCase,
): ConformanceCase {
  return {
    name: providerCase.name,
    async run() {
      const stage = await ProviderStage.open(createSubject, providerCase.options ?? {});
      try {
        await providerCase.check(stage);
        await stage.expectNothingLeft();
      } finally {
        await stage.close();
      }
    },
  };
}
