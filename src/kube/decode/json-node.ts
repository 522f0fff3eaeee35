import { jsonExcerpt } from './json-excerpt.js';

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
  readonly #problems: ProblemList;
  #noted = false;

  private constructor(
    value: unknown,
    parent: JsonNode | undefined,
    step: string | number,
    problems: ProblemList,
  ) {
    this.#value = value;
    this.#parent = parent;
    this.#step = step;
    this.#problems = problems;
  }

  /** The whole document. */
  static root(value: unknown): JsonNode {
    return new JsonNode(value, undefined, '', { list: [], document: { described: 0 } });
  }

  /** The problems noted so far in this part of the document: all of it, but for what `apart` took out. */
  get problems(): readonly Problem[] {
    return this.#problems.list;
  }

  /** Adds those problems to `list`. */
  tellProblems(list: Problem[]): void {
    // No `push(...)`: there may be more of them than a call can have arguments.
    for (const problem of this.#problems.list) list.push(problem);
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
    const problems = { list: [], document: this.#problems.document };
    return new JsonNode(this.#value, this.#parent, this.#step, problems);
  }

  /** The field of that name. */
  get(name: string): JsonNode {
    const value = isObject(this.#value) && Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
    if (this.exists && !isObject(this.#value)) this.note('an object');
    const field = new JsonNode(value, this, name, this.#problems);
    // What is wrong here explains why nothing is there.
    field.#noted = this.#noted && value === undefined;
    return field;
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

  /** The object here, of which each field must be a string; those that aren't are left out, with a problem each. */
  strings(): Readonly<Record<string, string>> {
    const fields = this.#value;
    if (isObject(fields)) {
      if (isStringRecord(fields)) return fields;
      return Object.fromEntries(
        Object.keys(fields).flatMap((name) => {
          const field = this.get(name);
          if (typeof field.value === 'string') return [[name, field.value]];
          field.note('a string');
          return [];
        }),
      );
    }
    if (this.exists) this.note('an object');
    return nothing;
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

  /** A TCP port that must be here. */
  requiredPort(): number | undefined {
    if (!this.exists) this.note('a port, 1 to 65535');
    return this.port();
  }

  /** Notes that what is here isn't what it should be, the first time. Past a thousand in a document they only count. */
  note(expected: string): void {
    if (this.#noted) return;
    this.#noted = true;
    const { list, document } = this.#problems;
    document.described += 1;
    if (document.described > maxDescribed) {
      list.push(oneMore);
    } else {
      list.push({ field: this.#path(), value: jsonExcerpt(this.#value, maxExcerptLength), expected });
    }
  }

  #path(): string {
    if (this.#parent === undefined) return '';
    const before = this.#parent.#path();
    if (typeof this.#step === 'number') return `${before}[${this.#step}]`;
    // Label names hold dots and slashes.
    const plain = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(this.#step);
    if (!plain) return `${before}[${jsonExcerpt(this.#step, maxExcerptLength)}]`;
    return before === '' ? this.#step : `${before}.${this.#step}`;
  }
}

/** The problems of a part of a document. */
interface ProblemList {
  readonly list: Problem[];
  /** Shared by all its parts. */
  readonly document: { described: number };
}

/** An object of a megabyte can hold half a million mistakes, and must not hold up everybody else for seconds. */
const maxDescribed = 1_000;

const oneMore: Problem = Object.freeze({ field: '', value: '', expected: '' });

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringRecord(
  fields: Readonly<Record<string, unknown>>,
): fields is Readonly<Record<string, string>> {
  for (const name in fields) if (typeof fields[name] !== 'string') return false;
  return true;
}

const maxExcerptLength = 100;

const nothing: Readonly<Record<string, string>> = Object.freeze({});
