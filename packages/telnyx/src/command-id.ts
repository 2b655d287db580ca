import { createHash } from 'node:crypto';

/**
 * A `command_id` that is the same for the same command: Telnyx ignores a command that it has had with
 * the same one. A UUID, as its documents ask for.
 *
 * @param subject What tells the command from another of its name, where there may be several.
 */
export function commandId(callControlId: string, name: string, subject: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([callControlId, name, subject]))
    .digest();
  // Marked as a UUID of one's own making (RFC 9562, version 8).
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
