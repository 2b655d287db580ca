import type { FillerOptions, SilenceOptions, TimeLimitOptions } from './voice-agent-options.ts';

/** What every kind of agent says while somebody waits, and before it hangs up. */
export interface WaitingOptions {
  readonly fillers?: FillerOptions | false | undefined;
  readonly silence?: SilenceOptions | undefined;
  readonly timeLimit?: TimeLimitOptions | undefined;
}

/** {@link WaitingOptions}, complete. */
export interface WaitingSettings {
  readonly fillers: { readonly afterMs: number; readonly sentences: readonly string[] };
  readonly silence:
    | {
        readonly afterMs: number;
        readonly prompts: readonly string[];
        /** Undefined: it goes on waiting. */
        readonly goodbye: string | undefined;
      }
    | undefined;
  readonly timeLimit: { readonly afterMs: number; readonly goodbye: string } | undefined;
}

export function resolveWaiting(options: WaitingOptions): WaitingSettings {
  const { timeLimit } = options;
  return {
    fillers: resolveFillers(options.fillers),
    silence: resolveSilence(options.silence),
    timeLimit: timeLimit && {
      afterMs: timeLimit.afterMs,
      goodbye: timeLimit.goodbye ?? 'I am sorry, our time is up. Goodbye.',
    },
  };
}

/** Tells what is wrong with them, by setting. */
export function checkWaiting(
  { fillers, silence, timeLimit }: WaitingOptions,
  add: (setting: string, problem: string) => void,
): void {
  const afterMs = {
    fillers: fillers ? fillers.afterMs : undefined,
    silence: silence?.afterMs,
    timeLimit: timeLimit?.afterMs,
  };
  for (const [name, value] of Object.entries(afterMs)) {
    if (value !== undefined && !(value > 0)) add(`${name}.afterMs`, 'must be more than 0 ms');
  }
}

function resolveFillers(fillers: WaitingOptions['fillers']): WaitingSettings['fillers'] {
  if (fillers === false) return { afterMs: Infinity, sentences: [] };
  return {
    afterMs: fillers?.afterMs ?? 1_500,
    sentences: fillers?.sentences ?? ['One moment, please.', 'I am still on it.'],
  };
}

function resolveSilence(silence: SilenceOptions | undefined): WaitingSettings['silence'] {
  if (!silence) return undefined;
  const { goodbye = 'I cannot hear you, so I hang up now. Goodbye.' } = silence;
  return {
    afterMs: silence.afterMs ?? 10_000,
    prompts: silence.prompts ?? ['Are you still there?'],
    goodbye: goodbye === false ? undefined : goodbye,
  };
}
