import type { Stored } from './api-server.js';
import { canonical } from './canonical.js';
import { type Kind, keyOf, kinds, type KubeObject, type Source } from './history/step.js';
import { endpointsText } from './model-client.js';
import { type Answer, expectedAnswer, expectedState } from './oracle/answer.js';
import type { Cluster, Request, Settings } from './oracle/objects.js';

/** Everything the control plane has been told and could understand at one moment, and what clients must know by it. */
interface Moment {
  readonly cluster: Cluster;
  /** By request. */
  readonly knowledge: Map<Request, string>;
}

/**
 * What has arrived of the objects, moment by moment. An object that can't be understood is as it last could be, for as
 * long as it is there.
 */
export class Arrived {
  readonly #settings: Settings;
  readonly #source: Source;
  #objects = new Map<Kind, ReadonlyMap<string, KubeObject>>(kinds.map((kind) => [kind, new Map()]));
  #moments: Moment[] = [];

  constructor(settings: Settings, source: Source) {
    this.#settings = settings;
    this.#source = source;
    this.#remember();
  }

  /** The number of the latest moment. They count from 0. */
  get latest(): number {
    return this.#moments.length - 1;
  }

  get(kind: Kind, key: string): KubeObject | undefined {
    return this.#objects.get(kind)?.get(key);
  }

  put(kind: Kind, { object, isBroken }: Stored): void {
    if (!isBroken) this.#replace(kind, new Map(this.#objects.get(kind)).set(keyOf(object), object));
  }

  delete(kind: Kind, key: string): void {
    const objects = new Map(this.#objects.get(kind));
    if (objects.delete(key)) this.#replace(kind, objects);
  }

  /** These are all there are. */
  reset(kind: Kind, stored: readonly Stored[]): void {
    const objects = new Map<string, KubeObject>();
    for (const { object, isBroken } of stored) {
      const lastGood = isBroken ? this.get(kind, keyOf(object)) : object;
      if (lastGood !== undefined) objects.set(keyOf(object), lastGood);
    }
    this.#replace(kind, objects);
  }

  /** Whoever is told from now on has nothing to do with what was before. */
  forget(): void {
    this.#objects = new Map(kinds.map((kind) => [kind, new Map()]));
    this.#remember();
  }

  /** What a client that asks now must get. */
  answer(request: Request): Answer {
    return expectedAnswer(this.#moments[this.latest]!.cluster, this.#settings, request);
  }

  /** What a client that is being served must know, by that moment. */
  knowledge(moment: number, request: Request): string {
    const { cluster, knowledge } = this.#moments[moment]!;
    let text = knowledge.get(request);
    if (text === undefined) {
      text = toKnowledge(expectedState(cluster, this.#settings, request));
      knowledge.set(request, text);
    }
    return text;
  }

  #replace(kind: Kind, objects: ReadonlyMap<string, KubeObject>): void {
    this.#objects.set(kind, objects);
    this.#remember();
  }

  #remember(): void {
    const list = (kind: Kind): readonly never[] =>
      [...this.#objects.get(kind)!.values()] as readonly unknown[] as readonly never[];
    const cluster: Cluster = {
      services: list('Service'),
      slices: this.#source === 'EndpointSlice' ? list('Backends') : [],
      endpoints: this.#source === 'Endpoints' ? list('Backends') : [],
      pods: list('Pod'),
      nodes: list('Node'),
      replicaSets: list('ReplicaSet'),
      jobs: list('Job'),
      servers: list('Server'),
      externalWorkloads: list('ExternalWorkload'),
      serviceProfiles: list('ServiceProfile'),
    };
    this.#moments.push({ cluster, knowledge: new Map() });
  }
}

function toKnowledge(answer: Answer): string {
  switch (answer.kind) {
    case 'refused':
      return `refused: ${answer.code}`;
    case 'endpoints': {
      const endpoints = Object.entries(answer.endpoints).map(
        ([address, each]) => [address, canonical(each)] as const,
      );
      return endpointsText(new Map(endpoints), answer.exists);
    }
    case 'profile': {
      const { kind: _, ...profile } = answer;
      const { budget } = profile;
      // The wire has a ratio in single precision.
      return canonical({ ...profile, budget: budget && { ...budget, ratio: Math.fround(budget.ratio) } });
    }
  }
}
