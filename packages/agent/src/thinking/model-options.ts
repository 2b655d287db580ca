import type { streamText } from 'ai';

type StreamTextOptions = Parameters<typeof streamText>[0];

/** What the AI SDK passes on to the model with every request. */
export interface ModelOptions {
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxOutputTokens?: number;
  readonly seed?: number;
  /** How much a reasoning model thinks before it speaks; the caller waits for it. */
  readonly reasoning?: NonNullable<StreamTextOptions['reasoning']>;
  readonly headers?: Record<string, string | undefined>;
  readonly providerOptions?: NonNullable<StreamTextOptions['providerOptions']>;
}
