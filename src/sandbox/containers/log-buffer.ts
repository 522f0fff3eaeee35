import { StringDecoder } from 'node:string_decoder';

/** A line that a container printed, without its newline. */
export interface LogLine {
  /** When its end was read, in milliseconds since the epoch. */
  readonly atMs: number;
  readonly text: string;
}

export interface LogBufferOptions {
  readonly nowMs: () => number;
  /** How much text is kept, in UTF-16 units; the oldest lines go beyond that. Default 256 Ki, some 2,000 lines. */
  readonly maxLength?: number;
}

/** A line that goes on longer is cut into several, so that no program can make the buffer hold what it must not. */
const maxLineLength = 16 * 1_024;

/**
 * What one run of a container printed: the latest lines. Lines are numbered from 0 in the order of their ends, so that a
 * reader needs to remember but one number, and a slow one is no burden: it finds out what it missed.
 */
export class LogBuffer {
  readonly #nowMs: () => number;
  readonly #maxLength: number;
  readonly #lines: LogLine[] = [];
  readonly #unfinished = {
    stdout: { decoder: new StringDecoder('utf8'), text: '' },
    stderr: { decoder: new StringDecoder('utf8'), text: '' },
  };
  readonly #followers = new Set<() => void>();
  #first = 0;
  #length = 0;
  #ended = false;

  constructor({ nowMs, maxLength = 256 * 1_024 }: LogBufferOptions) {
    this.#nowMs = nowMs;
    this.#maxLength = maxLength;
  }

  /** The number of the oldest line that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next line will have. */
  get next(): number {
    return this.#first + this.#lines.length;
  }

  /** Nothing more will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The lines that are kept, from the one of this number on. */
  since(number: number): readonly LogLine[] {
    return this.#lines.slice(Math.max(0, number - this.#first));
  }

  append(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const unfinished = this.#unfinished[stream];
    const [head = '', ...rest] = unfinished.decoder.write(chunk).split('\n');
    let text = unfinished.text + head;
    for (const part of rest) {
      this.#add(text);
      text = part;
    }
    while (text.length >= maxLineLength) {
      this.#add(text.slice(0, maxLineLength));
      text = text.slice(maxLineLength);
    }
    unfinished.text = text;
    this.#tell();
  }

  /** The program is gone; a last line without a newline counts. */
  end(): void {
    for (const { text } of Object.values(this.#unfinished)) if (text !== '') this.#add(text);
    this.#ended = true;
    this.#tell();
    this.#followers.clear();
  }

  /** Calls `listener` when there are new lines, and at the end, until the function returned is called. */
  follow(listener: () => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  #add(text: string): void {
    for (let from = 0; from === 0 || from < text.length; from += maxLineLength) {
      const line = { atMs: this.#nowMs(), text: text.slice(from, from + maxLineLength) };
      this.#lines.push(line);
      this.#length += line.text.length + 1;
    }
    while (this.#length > this.#maxLength && this.#lines.length > 1) {
      const oldest = this.#lines.shift();
      this.#first += 1;
      this.#length -= (oldest?.text.length ?? 0) + 1;
    }
  }

  #tell(): void {
    for (const listener of this.#followers) listener();
  }
}
