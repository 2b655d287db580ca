/** What a server may send on a media socket, after it was checked. */
export type ServerMessage =
  | { readonly event: 'media'; readonly payload: Buffer }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'clear' };

const MEDIA_TAIL = Buffer.from('"}}');
const BASE64 = /^[A-Za-z\d+/]*={0,2}$/;

/** Takes the audio out of a server's media messages; the usual spelling is read without JSON, for it comes fifty times a second. */
export class PayloadDecoder {
  readonly #head: Buffer;
  #scratch = Buffer.allocUnsafe(4_096);

  /** @param head The usual message up to where its payload begins. */
  constructor(head: string) {
    this.#head = Buffer.from(head);
  }

  /** A media message in its usual spelling, its payload borrowed until the next; undefined for any other. */
  read(message: Buffer): ServerMessage | undefined {
    const head = this.#head;
    const end = message.length - MEDIA_TAIL.length;
    if (end < head.length) return undefined;
    if (message.compare(head, 0, head.length, 0, head.length) !== 0) return undefined;
    if (message.compare(MEDIA_TAIL, 0, MEDIA_TAIL.length, end) !== 0) return undefined;
    const payload = this.#decode(message.toString('latin1', head.length, end));
    return payload && { event: 'media', payload };
  }

  /** The bytes of a base64 text, borrowed until the next; undefined where it is none. */
  decode(text: string): Buffer | undefined {
    return BASE64.test(text) ? this.#decode(text) : undefined;
  }

  #decode(text: string): Buffer | undefined {
    if (text.length === 0 || text.length % 4 !== 0) return undefined;
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    const length = (text.length / 4) * 3 - padding;
    if (this.#scratch.length < length + 2) this.#scratch = Buffer.allocUnsafe(length * 2);
    // Characters that are not base64 are skipped by Node: then fewer bytes come out.
    if (this.#scratch.write(text, 0, 'base64') !== length) return undefined;
    return this.#scratch.subarray(0, length);
  }
}
