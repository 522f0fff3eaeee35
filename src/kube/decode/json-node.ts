/** What is wrong with one field of a Kubernetes object, for a log line. */
export interface Problem {
  /** Its path: `spec.ports[0].port`. */
  readonly field: string;
  /** What stands there, as JSON, shortened to 100 characters. */
  readonly value: string;
  /** What should stand there. */
  readonly expected: string;
}

/**
 * A place in a JSON document, possibly with nothing there. Reading it as a type it isn't yields what nothing would
 * yield, and notes a problem with the document, so that a decoder reads all its fields first and looks for problems
 * once. `null` counts as nothing, as in the Kubernetes API.
 */
export class JsonNode {
  readonly #value: unknown;
  readonly #parent: JsonNode | undefined;
  readonly #step: string | number;
  readonly #problems: Problem[];
  #noted = false;

  private constructor(
    value: unknown,
    parent: JsonNode | undefined,
    step: string | number,
    problems: Problem[],
  ) {
    this.#value = value;
    this.#parent = parent;
    this.#step = step;
    this.#problems = problems;
  }

  /** The whole document. */
  static root(value: unknown): JsonNode {
    return new JsonNode(value, undefined, '', []);
  }

  /** The problems noted so far in this part of the document: all of it, but for what `apart` took out. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Whether something other than `null` is here. */
  get exists(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  /** What is here, as it is, for those who hand it on unread. */
  get value(): unknown {
    return this.#value;
  }

  /** The same place, with a list of problems of its own: what is wrong below here concerns only this part. */
  apart(): JsonNode {
    return new JsonNode(this.#value, this.#parent, this.#step, []);
  }

  /** The field of that name. */
  get(name: string): JsonNode {
    const value = isObject(this.#value) && Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
    if (this.exists && !isObject(this.#value)) this.note('an object');
    return new JsonNode(value, this, name, this.#problems);
  }

  /** The elements of the array here; none where nothing is. */
  items(): readonly JsonNode[] {
    if (!this.exists) return [];
    if (!Array.isArray(this.#value)) {
      this.note('an array');
      return [];
    }
    return this.#value.map((element, index) => new JsonNode(element, this, index, this.#problems));
  }

  string(): string | undefined {
    if (!this.exists) return undefined;
    if (typeof this.#value === 'string') return this.#value;
    this.note('a string');
    return undefined;
  }

  /** A string that must be here and must not be empty; where it isn't, a problem is noted and the result is empty. */
  requiredString(): string {
    if (typeof this.#value === 'string' && this.#value !== '') return this.#value;
    this.note('a non-empty string');
    return '';
  }

  boolean(): boolean | undefined {
    if (!this.exists) return undefined;
    if (typeof this.#value === 'boolean') return this.#value;
    this.note('true or false');
    return undefined;
  }

  /** A TCP port. */
  port(): number | undefined {
    if (!this.exists) return undefined;
    const value = this.#value;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
    this.note('a port, 1 to 65535');
    return undefined;
  }

  /** Notes that what is here isn't what it should be, the first time. */
  note(expected: string): void {
    if (this.#noted) return;
    this.#noted = true;
    this.#problems.push({ field: this.#path(), value: show(this.#value), expected });
  }

  #path(): string {
    if (this.#parent === undefined) return '';
    const before = this.#parent.#path();
    if (typeof this.#step === 'number') return `${before}[${this.#step}]`;
    // Label names hold dots and slashes.
    const plain = /^[A-Za-z_][A-Za-z0-9_-]*$/.test(this.#step);
    if (!plain) return `${before}[${JSON.stringify(this.#step)}]`;
    return before === '' ? this.#step : `${before}.${this.#step}`;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
