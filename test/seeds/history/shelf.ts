import type { Random } from '../../kit/random.js';
import { alterModel, drawModel, type Fields, type Identity } from './models/model.js';
import type { Kind, KubeObject } from './step.js';
import type { Traits } from './vocabulary.js';

/** An object of a kind that stands by itself. */
export interface Entry<Model> {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly model: Model;
}

/** What a shelf needs of who writes the history. */
export interface Author {
  readonly random: Random;
  readonly traits: Traits;
  drawNamespace(): string;
  newUid(): string;
  identify(entry: Omit<Entry<object>, 'model'>): Identity;
  putObject(kind: Kind, object: KubeObject): void;
  deleteObject(kind: Kind, key: string): void;
}

/** Keeps what a kind's objects are, and tells the API server of each change. */
export class Shelf<Model extends object> {
  readonly entries = new Map<string, Entry<Model>>();
  readonly kind: Kind;
  readonly names: readonly string[];
  readonly #author: Author;
  readonly #fields: Fields<Model>;
  readonly #render: (identity: Identity, model: Model) => KubeObject;

  constructor(
    author: Author,
    kind: Kind,
    names: readonly string[],
    fields: Fields<Model>,
    render: (identity: Identity, model: Model) => KubeObject,
  ) {
    this.#author = author;
    this.kind = kind;
    this.names = names;
    this.#fields = fields;
    this.#render = render;
  }

  /** A new object, which takes the place of another one that has its name. */
  create(namespace = this.#author.drawNamespace(), name = this.#author.random.pick(this.names)): void {
    const { random, traits } = this.#author;
    const model = drawModel(this.#fields, random, traits);
    this.put({ namespace, name, uid: this.#author.newUid(), model });
  }

  change(): void {
    const { random, traits } = this.#author;
    const entry = this.entries.size > 0 ? random.pick([...this.entries.values()]) : undefined;
    const act = random.weighted([
      [2, 'create'],
      [6, 'alter'],
      [2, 'delete'],
      [2, 'replace'],
    ] as const);
    if (entry === undefined || act === 'create') this.create();
    else if (act === 'alter')
      this.put({ ...entry, model: alterModel(this.#fields, entry.model, random, traits) });
    else if (act === 'delete') this.delete(entry);
    else this.replace(entry);
  }

  /** Another object of the same name. Its predecessor's end is seen, or isn't. */
  replace(entry: Entry<Model>): void {
    const { random, traits } = this.#author;
    if (random.chance(0.5)) this.delete(entry);
    const model = random.chance(0.5) ? entry.model : alterModel(this.#fields, entry.model, random, traits);
    this.put({ ...entry, uid: this.#author.newUid(), model });
  }

  put(entry: Entry<Model>): void {
    this.entries.set(`${entry.namespace}/${entry.name}`, entry);
    this.#author.putObject(this.kind, this.#render(this.#author.identify(entry), entry.model));
  }

  delete({ namespace, name }: Entry<Model>): void {
    this.entries.delete(`${namespace}/${name}`);
    this.#author.deleteObject(this.kind, this.kind === 'Node' ? name : `${namespace}/${name}`);
  }
}
