import { PhoneAgentError } from '@phone-agents/core';
import type { ToolSet } from 'ai';
import { z } from 'zod';
import type { ToolContext } from './agent-tools.ts';
import { withTimeout } from './tool-timeouts.ts';

/** Options of `phoneTools`; all have defaults. */
export interface PhoneToolsOptions {
  /**
   * To whom the caller can be transferred: names of the phone's `destinations`, each with what it is
   * for, in words for the model. The model can name no other, least of all a number.
   */
  readonly destinations?: Readonly<Record<string, string>> | undefined;
  /**
   * `warm` tells the destination what the call is about before the caller is put through, and gives the
   * caller back where nobody takes the call; default `cold`.
   */
  readonly transfer?: 'cold' | 'warm' | undefined;
}

/** A tool with its types checked; the AI SDK's own `tool` does no more, but loading it takes time. */
function tool<Input>(definition: {
  readonly description: string;
  readonly inputSchema: z.ZodType<Input>;
  readonly execute: (input: Input) => unknown;
}): ToolSet[string] {
  return definition;
}

/** The longest that a person types, or that a destination's phone rings and its owner decides. */
const INPUT_TIMEOUT_MS = 120_000;
const TRANSFER_TIMEOUT_MS = 180_000;

/**
 * Tools for what a model can do with the phone call: `hangUp`, `sendDigits`, `collectDigits`, and
 * `transferCall` where there are destinations.
 *
 * ```ts
 * createVoiceAgent({
 *   model,
 *   tools: (context) => ({
 *     ...phoneTools(context, { destinations: { sales: 'Prices and orders.' } }),
 *   }),
 * });
 * ```
 */
export function phoneTools(
  { call, session }: ToolContext,
  { destinations = {}, transfer = 'cold' }: PhoneToolsOptions = {},
): ToolSet {
  const names = Object.keys(destinations);
  const tools: ToolSet = {
    hangUp: tool({
      description:
        'Ends the phone call once the caller has heard what you say. Say goodbye first, in the same answer.',
      inputSchema: z.object({}),
      execute: () => {
        // Not awaited: it waits for the very answer that this tool is part of.
        void call.hangUp({ afterPlayout: true, reason: 'agent-hung-up' });
        return 'The call ends when the caller has heard you. Say nothing more, unless you have not said goodbye.';
      },
    }),
    sendDigits: tool({
      description:
        'Presses keys on the phone, for menus of machines at the other end. `w` waits half a second.',
      inputSchema: z.object({
        digits: z.string().regex(/^[0-9*#A-Dw]{1,32}$/, 'Only 0-9, *, #, A-D and w; at most 32.'),
      }),
      execute: async ({ digits }) => {
        await session.whenHeard();
        await call.sendDigits(digits);
        return 'The keys were sent.';
      },
    }),
    collectDigits: withTimeout(
      INPUT_TIMEOUT_MS,
      tool({
        description:
          'Waits for the caller to type something on the keypad: a number, a code. Ask for it first, in the same answer, and say how it ends (with the hash key).',
        inputSchema: z.object({
          maxDigits: z
            .int()
            .min(1)
            .max(32)
            .optional()
            .describe('Ends by itself after so many keys.'),
        }),
        execute: async ({ maxDigits }) => {
          const { digits, endedBy } = await session.collectDigits({ maxDigits });
          return { digits, complete: endedBy === 'terminator' || endedBy === 'length' };
        },
      }),
    ),
  };
  if (names.length === 0) return tools;
  const destination = z.enum(names as [string, ...string[]]);
  const described = names.map((name) => `${name}: ${destinations[name]!}`).join('\n');
  const execute = async (name: string, announcement?: string): Promise<unknown> => {
    await session.whenHeard();
    try {
      const { outcome } = await call.transfer(name, { announcement });
      return outcome === 'transferred'
        ? 'The caller is connected. Say nothing more.'
        : { outcome, note: 'The caller is back with you.' };
    } catch (error) {
      // What is in an error may name a number; the code does not.
      const code = PhoneAgentError.isInstance(error) ? error.code : 'failed';
      throw new PhoneAgentError('transfer_failed', `The transfer did not work: ${code}.`, {
        cause: error,
      });
    }
  };
  tools['transferCall'] = withTimeout(
    TRANSFER_TIMEOUT_MS,
    transfer === 'warm'
      ? tool({
          description: `Connects the caller with somebody else. Tell the caller first, in the same answer. Destinations:\n${described}`,
          inputSchema: z.object({
            destination,
            summary: z
              .string()
              .describe('What the call is about, for who takes it. One or two sentences.'),
          }),
          execute: ({ destination: name, summary }) => execute(name, summary),
        })
      : tool({
          description: `Connects the caller with somebody else and ends your part. Tell the caller first, in the same answer. Destinations:\n${described}`,
          inputSchema: z.object({ destination }),
          execute: ({ destination: name }) => execute(name),
        }),
  );
  return tools;
}
