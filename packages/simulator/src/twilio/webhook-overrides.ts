/** What may be tried again: a failed connection, a late answer, client and server errors. */
export type RetryCause = 'ct' | 'rt' | '4xx' | '5xx';

/** How one webhook is asked. */
export interface WebhookPatience {
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly retries: number;
  readonly retryCauses: ReadonlySet<RetryCause>;
}

const TOTAL_MS = 15_000;
const ALL_CAUSES: readonly RetryCause[] = ['ct', 'rt', '4xx', '5xx'];

/**
 * Reads the overrides in a webhook URL's fragment, `#ct=2000&rc=2&rp=all` (Twilio docs, "Webhooks:
 * Connection Overrides"). Without them: 5 s to connect, 15 s for everything, and one more try when no
 * connection came about. Values out of range are held at the limit.
 */
export function readWebhookPatience(url: string): WebhookPatience {
  const fragment = /#(.*)$/.exec(url)?.[1] ?? '';
  const values = new URLSearchParams(fragment);
  const number = (name: string, low: number, high: number, otherwise: number): number => {
    const text = values.get(name);
    const value = text === null ? Number.NaN : Number(text);
    return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
  };
  const causes = values.get('rp')?.split(',') ?? ['ct'];
  return {
    connectTimeoutMs: number('ct', 100, 10_000, 5_000),
    readTimeoutMs: number('rt', 100, TOTAL_MS, TOTAL_MS),
    totalTimeoutMs: number('tt', 100, TOTAL_MS, TOTAL_MS),
    retries: number('rc', 0, 5, 1),
    retryCauses: new Set(
      ALL_CAUSES.filter((cause) => causes.includes(cause) || causes.includes('all')),
    ),
  };
}
