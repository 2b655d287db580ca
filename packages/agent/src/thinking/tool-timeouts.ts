/** Tools that take their own time; by the tool as it was made. */
const timeouts = new WeakMap<object, number>();

/** Gives a tool more, or less, time than the agent's `toolTimeoutMs`. Returns the same tool. */
export function withTimeout<Tool extends object>(timeoutMs: number, tool: Tool): Tool {
  timeouts.set(tool, timeoutMs);
  return tool;
}

export function timeoutOf(tool: object): number | undefined {
  return timeouts.get(tool);
}
