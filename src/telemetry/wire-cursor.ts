/** What makes bytes no message of protobuf's wire format. */
export class WireProblem extends Error {}

/** How deep groups may be in each other: as deep as protobuf's own readers follow messages. */
const maxDepth = 100;

/**
 * Goes through a message of protobuf's wire format (https://protobuf.dev/programming-guides/encoding/). Made for the one
 * message that comes ten thousand times a second: it makes no object of anything. Whatever the bytes are, it ends, and
 * throws nothing but WireProblem.
 */
export class WireCursor {
  bytes: Uint8Array = new Uint8Array();
  at = 0;
  end = 0;
  /** The largest number that `varints` has met and that may be beyond 2^53; for who reads to set back. */
  largest = 0;
  readonly #scratch = new Uint8Array(8);
  readonly #view = new DataView(this.#scratch.buffer);

  /** Begins with `bytes`, all of them. */
  open(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.byteLength;
  }

  /** A number of up to 64 bits; above 2^53 it is the nearest that can be told. */
  varint(): number {
    const { bytes, end } = this;
    let { at } = this;
    if (at >= end) throw new WireProblem('it ends too early');
    let byte = bytes[at++] ?? 0;
    if (byte < 0x80) {
      this.at = at;
      return byte;
    }
    let value = byte & 0x7f;
    let scale = 0x80;
    for (let length = 1; length < 10; length++) {
      if (at >= end) throw new WireProblem('it ends too early');
      byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
      scale *= 0x80;
    }
    throw new WireProblem('a number has more than 10 bytes');
  }

  /**
   * Reads numbers one after the other, up to `until`, into a column from `first` on; how many there were. Those beyond `most`
   * are read and not kept.
   */
  varints(until: number, column: Float64Array, first: number, most: number): number {
    const { bytes } = this;
    let { at } = this;
    let count = 0;
    while (at < until) {
      // Most have up to three bytes, and take half as long without a loop.
      let value = bytes[at] ?? 0;
      if (value < 0x80) {
        at += 1;
      } else {
        const second = bytes[at + 1] ?? 0;
        if (second < 0x80 && at + 2 <= until) {
          value = (value & 0x7f) | (second << 7);
          at += 2;
        } else {
          const third = bytes[at + 2] ?? 0;
          if (third < 0x80 && at + 3 <= until) {
            value = (value & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
            at += 3;
          } else {
            this.at = at;
            value = this.varint();
            this.largest = Math.max(this.largest, value);
            at = this.at;
          }
        }
      }
      if (count < most) column[first + count] = value;
      count++;
    }
    this.at = at;
    return count;
  }

  /** The lower 32 bits of a number, which is how protobuf reads one that is longer. */
  uint32(): number {
    const { bytes, end } = this;
    let { at } = this;
    if (at >= end) throw new WireProblem('it ends too early');
    let byte = bytes[at++] ?? 0;
    if (byte < 0x80) {
      this.at = at;
      return byte;
    }
    let value = byte & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      if (at >= end) throw new WireProblem('it ends too early');
      byte = bytes[at++] ?? 0;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value >>> 0;
      }
    }
    throw new WireProblem('a number has more than 10 bytes');
  }

  double(): number {
    const { at, bytes } = this;
    if (at + 8 > this.end) throw new WireProblem('it ends too early');
    this.at = at + 8;
    const scratch = this.#scratch;
    for (let place = 0; place < 8; place++) scratch[place] = bytes[at + place] ?? 0;
    return this.#view.getFloat64(0, true);
  }

  /** Begins with what is in a field of some length; where that ends. */
  length(): number {
    const length = this.varint();
    const until = this.at + length;
    if (until > this.end) throw new WireProblem('a part is longer than the whole');
    return until;
  }

  /** Ends with what is in a field of some length: all of it has to have been read, and nothing more. */
  close(until: number): void {
    if (this.at !== until) throw new WireProblem('a part is longer than the whole');
  }

  /** Passes over a field whose tag has been read. */
  skip(tag: number, depth = 0): void {
    if (tag >>> 3 === 0) throw new WireProblem('a field has the number 0');
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#pass(8);
        return;
      case 2:
        this.at = this.length();
        return;
      case 3:
        this.#skipGroup(tag, depth + 1);
        return;
      case 5:
        this.#pass(4);
        return;
      default:
        throw new WireProblem('a field is of no kind that there is');
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth > maxDepth) throw new WireProblem('groups are too deep in each other');
    for (const end = start + 1; ; ) {
      const tag = this.uint32();
      if (tag === end) return;
      this.skip(tag, depth);
    }
  }

  #pass(bytes: number): void {
    if (this.at + bytes > this.end) throw new WireProblem('it ends too early');
    this.at += bytes;
  }
}
