/** A time as Telnyx writes it: ISO 8601 in UTC, in microseconds. */
export function isoTime(wallTimeMs: number): string {
  return new Date(wallTimeMs).toISOString().replace('Z', '000Z');
}
