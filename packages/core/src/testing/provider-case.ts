import type { ProviderStage, StageOptions } from './provider-stage.ts';

/** One case of what a provider must do, as the lists beside this file write it. */
export interface ProviderCase {
  readonly name: string;
  readonly options?: StageOptions | undefined;
  /** Which providers it is for; default: all. */
  readonly needs?: 'restoresMedia' | 'losesMedia' | undefined;
  /** Hangs up its calls, or sees them end; that nothing is left is checked afterwards. */
  check(stage: ProviderStage): Promise<void>;
}
