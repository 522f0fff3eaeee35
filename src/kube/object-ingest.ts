import type { Logger } from '../runtime/log.js';
import { JsonNode, type Problem } from './decode/json-node.js';
import type { Resource } from './resource.js';
import type { Sink } from './sink.js';

/**
 * Turns raw objects of one kind into rows in a sink.
 *
 * An object that can't be understood is reported once in each of its versions, and changes nothing: the last good row
 * stays for as long as the object exists.
 */
export class ObjectIngest<Row> {
  readonly #resource: Resource<Row>;
  readonly #sink: Sink<Row>;
  readonly #log: Logger;
  /** The version in which an object was last reported, while it is in that trouble. */
  readonly #reported = new Map<string, string>();
  #malformed = 0;

  constructor(options: { readonly resource: Resource<Row>; readonly sink: Sink<Row>; readonly log: Logger }) {
    this.#resource = options.resource;
    this.#sink = options.sink;
    this.#log = options.log;
  }

  /** Rows in the sink. */
  get size(): number {
    return this.#sink.size;
  }

  /** Objects reported so far, each once a version. */
  get malformed(): number {
    return this.#malformed;
  }

  /** The object exists, as it is now. */
  apply(raw: unknown): void {
    const reading = this.#read(raw);
    switch (reading.kind) {
      case 'row':
        this.#sink.apply(this.#resource.keyOf(reading.row), reading.row);
        return;
      case 'irrelevant':
        this.#sink.delete(reading.key);
        return;
      case 'malformed':
      case 'nameless':
        return;
    }
  }

  /** The object is gone. Only its name is read, so that nothing can keep it from going. */
  delete(raw: unknown): void {
    const identity = identify(raw);
    if (identity === undefined) {
      this.#reportNameless(raw);
      return;
    }
    this.#reported.delete(identity.key);
    this.#sink.delete(identity.key);
  }

  /** Begins a whole new state. Until it is committed, nothing shows of it, and it can simply be dropped. */
  replacement(): { add(raw: unknown): void; commit(): void } {
    const reset = this.#sink.beginReset();
    const troubled = new Set<string>();
    return {
      add: (raw) => {
        const reading = this.#read(raw);
        switch (reading.kind) {
          case 'row': {
            const key = this.#resource.keyOf(reading.row);
            if (this.#reported.has(key)) troubled.add(key);
            reset.add(key, reading.row);
            return;
          }
          case 'malformed':
            troubled.add(reading.key);
            reset.keep(reading.key);
            return;
          case 'irrelevant':
          case 'nameless':
            return;
        }
      },
      commit: () => {
        for (const key of this.#reported.keys()) if (!troubled.has(key)) this.#reported.delete(key);
        reset.commit();
      },
    };
  }

  #read(raw: unknown): Reading<Row> {
    const identity = identify(raw);
    if (identity === undefined) {
      this.#reportNameless(raw);
      return { kind: 'nameless' };
    }
    const { key } = identity;
    const result = this.#resource.decode(JsonNode.root(raw));
    switch (result.kind) {
      case 'row': {
        if (result.warnings.length === 0) this.#reported.delete(key);
        else this.#report(identity, result.warnings, 'part of an object is malformed and left out');
        return { kind: 'row', row: this.#shared(key, result.row) };
      }
      case 'irrelevant':
        this.#reported.delete(key);
        return { kind: 'irrelevant', key };
      case 'malformed':
        this.#report(identity, [result.problem], 'object is malformed; its last good state stays');
        return { kind: 'malformed', key };
    }
  }

  #shared(key: string, row: Row): Row {
    const { share } = this.#resource;
    const before = share && this.#sink.get(key);
    return before === undefined || share === undefined ? row : share(row, before);
  }

  /** One line an object, of its first problem: `more` counts the others. */
  #report(identity: Identity, [problem, ...others]: readonly Problem[], message: string): void {
    const { key, namespace, name, resourceVersion } = identity;
    if (this.#reported.get(key) === resourceVersion) return;
    this.#reported.set(key, resourceVersion);
    this.#malformed += 1;
    const more = others.length > 0 && { more: others.length };
    this.#log.warn(
      { kind: this.#resource.kind, namespace, name, resourceVersion, ...problem, ...more },
      message,
    );
  }

  #reportNameless(raw: unknown): void {
    this.#malformed += 1;
    const metadata = JsonNode.root(raw).get('metadata');
    metadata.get('namespace').string();
    metadata.get('name').requiredString();
    this.#log.warn(
      { kind: this.#resource.kind, ...metadata.problems[0] },
      'object without a name is left out',
    );
  }
}

type Reading<Row> =
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'irrelevant'; readonly key: string }
  | { readonly kind: 'malformed'; readonly key: string }
  | { readonly kind: 'nameless' };

interface Identity {
  readonly key: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Empty where the object doesn't tell. */
  readonly resourceVersion: string;
}

/** Who the object is; undefined where that can't be read. */
function identify(raw: unknown): Identity | undefined {
  const metadata = JsonNode.root(raw).get('metadata');
  const namespace = metadata.get('namespace').string() || undefined;
  const name = metadata.get('name').requiredString();
  if (metadata.problems.length > 0) return undefined;
  const resourceVersion = metadata.get('resourceVersion').string() ?? '';
  return { key: namespace === undefined ? name : `${namespace}/${name}`, namespace, name, resourceVersion };
}
