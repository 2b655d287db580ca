/** A tool gives its result at once, later, or as a stream whose last value counts. */
export async function lastOf(result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result)) {
    return result;
  }
  let last: unknown;
  for await (const value of result as AsyncIterable<unknown>) last = value;
  return last;
}
