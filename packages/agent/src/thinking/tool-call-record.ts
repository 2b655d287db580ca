/** One call of a tool by the model. Times are media time in ms. */
export interface ToolCallRecord {
  readonly toolCallId: string;
  readonly toolName: string;
  /** What the model gave it. */
  readonly input: unknown;
  readonly startMs: number;
  /** When it was over; absent while it works. */
  readonly endMs?: number | undefined;
  /** What it gave. */
  readonly output?: unknown;
  /** Why it failed, in words that the model was told. */
  readonly error?: string | undefined;
}
