/**
 * Cuts a Kubernetes list (`{"kind":…,"metadata":{…},"items":[{…},{…}]}`) into its items while the bytes arrive, so that
 * a list is parsed one object at a time. Parsing a page of 500 pods in one go would hold up the event loop for tens
 * of milliseconds, and a server that ignores `limit` sends everything as one page.
 *
 * It only tells strings from structure. Whether an item, or the rest, is JSON at all is for the parser to say. Items
 * that are neither objects nor arrays are left out: they can't be Kubernetes objects.
 */
export class ListSplitter {
  readonly #maxItemBytes: number;
  /** The bytes so far of an item that began in an earlier chunk. */
  #pieces: Buffer[] = [];
  #pendingBytes = 0;
  readonly #envelope: Buffer[] = [];
  #envelopeBytes = 0;

  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Set at depth 1 right after the string `"items"`, and after the colon that makes it a key. */
  #key: 'items' | 'items:' | undefined;
  /** How many bytes of `"items"` the string in progress at depth 1 has matched; -1 once it is another string. */
  #matched = -1;
  #inItems = false;

  /** `maxItemBytes` bounds one item, and all that isn't items. */
  constructor({ maxItemBytes }: { readonly maxItemBytes: number }) {
    this.#maxItemBytes = maxItemBytes;
  }

  /** The JSON texts of the items that `chunk` completes, in order; undefined as soon as one is longer than allowed. */
  push(chunk: Buffer): readonly string[] | undefined {
    const items: string[] = [];
    // Where the current item, or the current part of the envelope, begins in this chunk.
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#inString) {
        at = this.#depth === 1 ? this.#passKey(chunk, at) : this.#passString(chunk, at);
        continue;
      }
      at = this.#depth === 1 ? at : findStructure(chunk, at);
      const byte = chunk[at];
      switch (byte) {
        case undefined:
          break;
        case quote:
          this.#inString = true;
          this.#key = undefined;
          this.#matched = 0;
          break;
        case openBrace:
        case openBracket:
          if (this.#depth === 1) {
            this.#inItems = byte === openBracket && this.#key === 'items:';
            this.#key = undefined;
            if (this.#inItems) {
              this.#keepEnvelope(chunk.subarray(start, at + 1));
              start = at + 1;
            }
          } else if (this.#depth === 2 && this.#inItems) {
            start = at;
          }
          this.#depth += 1;
          break;
        case closeBrace:
        case closeBracket:
          this.#depth -= 1;
          if (this.#depth === 2 && this.#inItems) {
            const item = this.#takeItem(chunk.subarray(start, at + 1));
            if (item === undefined) return undefined;
            items.push(item);
            start = at + 1;
          } else if (this.#depth === 1 && this.#inItems) {
            this.#inItems = false;
            start = at;
          }
          break;
        case colon:
          this.#key = this.#key === 'items' ? 'items:' : undefined;
          break;
        case comma:
          this.#key = undefined;
          break;
        default:
      }
      at += 1;
    }
    this.#keepRest(chunk.subarray(start));
    const tooLong = this.#pendingBytes > this.#maxItemBytes || this.#envelopeBytes > this.#maxItemBytes;
    return tooLong ? undefined : items;
  }

  /** The JSON text of the list with its items left out: `{"kind":…,"metadata":{…},"items":[]}`. */
  end(): string {
    return Buffer.concat(this.#envelope, this.#envelopeBytes).toString('utf8');
  }

  /** Where a string goes on after its end, or the end of the chunk. */
  #passString(chunk: Buffer, from: number): number {
    let escaped = this.#escaped;
    let at = from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (escaped) {
        escaped = false;
      } else if (byte === quote) {
        this.#inString = false;
        this.#escaped = false;
        return at + 1;
      } else if (byte === backslash) {
        escaped = true;
      }
    }
    this.#escaped = escaped;
    return at;
  }

  /** As `passString`, for one at depth 1, which may spell `items`. */
  #passKey(chunk: Buffer, from: number): number {
    const to = this.#passString(chunk, from);
    const end = this.#inString ? to : to - 1;
    for (let at = from; at < end; at += 1) {
      this.#matched = this.#matched >= 0 && chunk[at] === itemsKey[this.#matched] ? this.#matched + 1 : -1;
    }
    if (!this.#inString && this.#matched === itemsKey.length) this.#key = 'items';
    return to;
  }

  #keepRest(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (!this.#inItems) {
      this.#keepEnvelope(bytes);
    } else if (this.#depth > 2) {
      this.#pieces.push(bytes);
      this.#pendingBytes += bytes.length;
    }
  }

  #takeItem(tail: Buffer): string | undefined {
    if (this.#pendingBytes + tail.length > this.#maxItemBytes) return undefined;
    if (this.#pendingBytes === 0) return tail.toString('utf8');
    this.#pieces.push(tail);
    const item = Buffer.concat(this.#pieces, this.#pendingBytes + tail.length).toString('utf8');
    this.#pieces = [];
    this.#pendingBytes = 0;
    return item;
  }

  #keepEnvelope(bytes: Buffer): void {
    this.#envelope.push(bytes);
    this.#envelopeBytes += bytes.length;
  }
}

/** Where the next quote, brace or bracket stands, from `from` on; the chunk's length where there is none. */
function findStructure(chunk: Buffer, from: number): number {
  let at = from;
  for (; at < chunk.length; at += 1) {
    const byte = chunk[at] ?? 0;
    // One bit, 0x20, tells a brace from a bracket.
    const bracket = byte & ~0x20;
    if (byte === quote || bracket === openBracket || bracket === closeBracket) break;
  }
  return at;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const itemsKey = Buffer.from('items');
