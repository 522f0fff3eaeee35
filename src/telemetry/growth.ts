/** What is remembered of the growth of a subject's numbers, as places in an array of numbers. */
export const growthSlots = {
  successes: 0,
  failures: 1,
  /** Responses, of both kinds, that mutual TLS secured. */
  mutualTls: 2,
  connections: 3,
  readBytes: 4,
  writtenBytes: 5,
} as const;

export type GrowthSlot = (typeof growthSlots)[keyof typeof growthSlots];

/** Where the counts of the latencies' buckets begin. */
export const firstBucket = 6;

/** By how much the numbers of one subject grew: the slots above, and the buckets of its latencies behind them. */
export type Growth = Float64Array;

export function createGrowth(buckets: number): Growth {
  return new Float64Array(firstBucket + buckets);
}

/**
 * Growths that come and go together, many to a buffer: one of each growth's own costs the garbage collector as much as the
 * rest of a question does.
 */
export class GrowthSlab {
  #numbers = new Float64Array(0);
  #used = 0;

  /** Another growth of nothing. */
  take(buckets: number): Growth {
    const length = firstBucket + buckets;
    if (this.#used + length > this.#numbers.length) {
      this.#numbers = new Float64Array(Math.max(slabLength, length));
      this.#used = 0;
    }
    const growth = this.#numbers.subarray(this.#used, this.#used + length);
    this.#used += length;
    return growth;
  }
}

/** 64 KB. */
const slabLength = 8_192;

/** Adds the first numbers of one growth to another that is as long. */
export function addTo(sum: Growth, growth: Growth, length: number): void {
  for (let place = 0; place < length; place++) sum[place] = (sum[place] ?? 0) + (growth[place] ?? 0);
}

/** What a frame says of one subject. The object, and what is in it, is used again for the next one. */
export interface FrameEntry {
  subject: number;
  growth: Growth;
  /** How long of `growth` is said anything of; what is behind it is of an earlier entry. */
  length: number;
}

/**
 * The growth of many subjects in some span of time, packed: a number is as long as its value takes, and what didn't grow
 * takes nothing. A subject may have several entries; their sum is what counts.
 */
export class GrowthFrame {
  readonly startMs: number;
  endMs: number;
  #bytes: Uint8Array;
  #length = 0;

  constructor(startMs: number, endMs: number, capacityBytes = 256) {
    this.startMs = startMs;
    this.endMs = endMs;
    this.#bytes = new Uint8Array(capacityBytes);
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  add(subject: number, growth: Growth): void {
    // At most ten bytes for each number and two for its place.
    const most = 20 + growth.length * 12;
    if (this.#length + most > this.#bytes.byteLength) this.#grow(most);
    this.#number(subject);
    const countAt = this.#length++;
    let count = 0;
    for (let place = 0; place < growth.length; place++) {
      const value = growth[place] ?? 0;
      if (value === 0) continue;
      this.#bytes[this.#length++] = place;
      this.#number(value);
      count++;
    }
    this.#bytes[countAt] = count;
  }

  /** Takes all entries of another frame. */
  append(other: GrowthFrame): void {
    if (this.#length + other.#length > this.#bytes.byteLength) this.#grow(other.#length);
    this.#bytes.set(other.#bytes.subarray(0, other.#length), this.#length);
    this.#length += other.#length;
  }

  /** Gives back what it doesn't need. */
  trim(): void {
    this.#bytes = this.#bytes.slice(0, this.#length);
  }

  /** Calls `visit` with every entry, which is the same object each time. */
  each(visit: (entry: FrameEntry) => void): void {
    for (const entry of this) visit(entry);
  }

  /** Every entry, which is the same object each time. */
  *[Symbol.iterator](): Generator<FrameEntry, void> {
    const entry: FrameEntry = { subject: 0, growth: new Float64Array(firstBucket + 32), length: 0 };
    for (const reader = new EntryReader(this.#bytes, this.#length); reader.next(entry); ) yield entry;
  }

  /**
   * Adds the growth of each entry to all of what is given for its subject, which has to be long enough. Each subject is
   * asked for as often as there are entries of it.
   */
  addTo(targetsOf: (subject: number) => readonly Growth[]): void {
    const reader = new EntryReader(this.#bytes, this.#length);
    while (!reader.isDone) reader.addNext(targetsOf);
  }

  #number(value: number): void {
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest >= 0x80) {
      bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

class EntryReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at = 0;

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  get isDone(): boolean {
    return this.#at >= this.#end;
  }

  /** Without a copy of the entry in between: most of what a query costs is here. */
  addNext(targetsOf: (subject: number) => readonly Growth[]): void {
    const targets = targetsOf(this.#number());
    const bytes = this.#bytes;
    const count = bytes[this.#at++] ?? 0;
    const first = this.#at;
    const [target] = targets;
    if (target === undefined) {
      this.#pass(count);
      return;
    }
    this.#add(count, target);
    for (let other = 1; other < targets.length; other++) {
      this.#at = first;
      this.#add(count, targets[other] ?? target);
    }
  }

  #add(count: number, target: Growth): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let left = count; left > 0; left--) {
      const place = bytes[at++] ?? 0;
      let byte = bytes[at++] ?? 0;
      let value = byte & 0x7f;
      for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
        byte = bytes[at++] ?? 0;
        value += (byte & 0x7f) * scale;
      }
      target[place] = (target[place] ?? 0) + value;
    }
    this.#at = at;
  }

  #pass(count: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let left = count; left > 0; left--) {
      at++;
      while ((bytes[at++] ?? 0) >= 0x80);
    }
    this.#at = at;
  }

  next(entry: FrameEntry): boolean {
    if (this.#at >= this.#end) return false;
    entry.growth.fill(0, 0, entry.length);
    entry.subject = this.#number();
    let length = 0;
    for (let count = this.#bytes[this.#at++] ?? 0; count > 0; count--) {
      const place = this.#bytes[this.#at++] ?? 0;
      if (place >= entry.growth.length) entry.growth = widened(entry.growth, place + 1);
      entry.growth[place] = this.#number();
      length = place + 1;
    }
    entry.length = length;
    return true;
  }

  #number(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at++] ?? 0;
    if (first < 0x80) return first;
    const second = bytes[this.#at++] ?? 0;
    let value = (first & 0x7f) | ((second & 0x7f) << 7);
    if (second < 0x80) return value;
    let scale = 0x4000;
    for (let byte = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
    }
    return value;
  }
}

function widened(growth: Growth, length: number): Growth {
  const wider = new Float64Array(length);
  wider.set(growth);
  return wider;
}
