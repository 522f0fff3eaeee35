/**
 * Cuts a byte stream into lines, however it was chopped into chunks. Works on bytes until a line is whole, so that a
 * character split between two chunks survives.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #pieces: Buffer[] = [];
  #pendingBytes = 0;

  /** `maxLineBytes` bounds what an unterminated line may hold in memory. */
  constructor({ maxLineBytes }: { readonly maxLineBytes: number }) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * The lines that `chunk` completes, without their newline, in order; blank ones are left out. Undefined as soon as
   * a line is longer than allowed: the stream is then useless.
   */
  push(chunk: Buffer): readonly string[] | undefined {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      if (this.#pendingBytes + end - start > this.#maxLineBytes) return undefined;
      const line = this.#take(chunk.subarray(start, end));
      if (line !== '') lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#pieces.push(start === 0 ? chunk : chunk.subarray(start));
      this.#pendingBytes += chunk.length - start;
      if (this.#pendingBytes > this.#maxLineBytes) return undefined;
    }
    return lines;
  }

  /** What follows the last newline; empty where the stream ended with one. */
  end(): string {
    return this.#take(empty);
  }

  #take(tail: Buffer): string {
    if (this.#pendingBytes === 0) return tail.toString('utf8').trimEnd();
    this.#pieces.push(tail);
    const line = Buffer.concat(this.#pieces, this.#pendingBytes + tail.length).toString('utf8');
    this.#pieces = [];
    this.#pendingBytes = 0;
    return line.trimEnd();
  }
}

const newline = 0x0a;
const empty = Buffer.alloc(0);
