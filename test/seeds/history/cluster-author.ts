import { Random } from '../../kit/random.js';
import { breakObject } from './broken-objects.js';
import {
  backendsFields,
  type BackendsModel,
  endpointFields,
  type EndpointModel,
  renderEndpoints,
  renderSlice,
} from './models/backends.js';
import {
  controllerFields,
  type ControllerModel,
  nodeFields,
  type NodeModel,
  renderController,
  renderNode,
} from './models/cluster.js';
import {
  externalWorkloadFields,
  type ExternalWorkloadModel,
  renderExternalWorkload,
  renderServer,
  renderServiceProfile,
  serverFields,
  serviceProfileFields,
  serviceProfileName,
} from './models/linkerd.js';
import { alterModel, drawModel, type Fields, type Identity } from './models/model.js';
import { podFields, type PodModel, renderPod } from './models/pod.js';
import { renderService, serviceFields, type ServiceModel } from './models/service.js';
import { type Author, type Entry, Shelf } from './shelf.js';
import type { Kind, KubeObject, Source, Step } from './step.js';
import { ipv4s, ipv6s, namespaces, nodeNames, podNames, serviceNames, type Traits } from './vocabulary.js';

interface Backends extends Entry<BackendsModel> {
  readonly endpoints: readonly EndpointModel[];
}

/** Makes up what happens in a cluster: believable changes, and some that only happen on a bad day. */
export class ClusterAuthor implements Author {
  readonly random: Random;
  readonly traits: Traits;
  readonly #source: Source;
  readonly #tell: (step: Step) => void;
  /** Apart, because what is broken hangs on the objects of a source, and everything else is to be the same for all. */
  readonly #breaking: Random;
  readonly #pods: Shelf<PodModel>;
  readonly #services: Shelf<ServiceModel>;
  readonly #nodes: Shelf<NodeModel>;
  readonly #externalWorkloads: Shelf<ExternalWorkloadModel>;
  readonly #others: readonly Pick<Shelf<object>, 'create' | 'change'>[];
  readonly #backends = new Map<string, Backends>();
  #uids = 0;
  #version = 0;

  constructor(random: Random, traits: Traits, source: Source, tell: (step: Step) => void) {
    this.random = random;
    this.traits = traits;
    this.#source = source;
    this.#tell = tell;
    this.#breaking = new Random(random.int(2 ** 31));
    const shelf = <Model extends object>(
      kind: Kind,
      names: readonly string[],
      fields: Fields<Model>,
      render: (identity: Identity, model: Model, traits: Traits) => KubeObject,
    ): Shelf<Model> =>
      new Shelf(this, kind, names, fields, (identity, model) => render(identity, model, traits));
    const controller = (kind: 'ReplicaSet' | 'Job', name: string): Shelf<ControllerModel> =>
      shelf(kind, [name], controllerFields, (identity, model) => renderController(kind, identity, model));
    const profileNames = serviceNames.flatMap((name) =>
      namespaces.map((each) => serviceProfileName(name, each)),
    );

    this.#pods = shelf('Pod', podNames, podFields, renderPod);
    this.#services = shelf('Service', serviceNames, serviceFields, renderService);
    this.#nodes = shelf('Node', nodeNames, nodeFields, renderNode);
    this.#externalWorkloads = shelf(
      'ExternalWorkload',
      ['vm-1'],
      externalWorkloadFields,
      renderExternalWorkload,
    );
    this.#others = [
      controller('ReplicaSet', 'rs'),
      controller('Job', 'job'),
      ...(traits.hasServers ? [shelf('Server', ['s1', 's2'], serverFields, renderServer)] : []),
      ...(traits.hasProfiles
        ? [shelf('ServiceProfile', profileNames, serviceProfileFields, renderServiceProfile)]
        : []),
      ...(traits.hasExternalWorkloads ? [this.#externalWorkloads] : []),
    ];
  }

  /** What there is at first. */
  found(): void {
    for (const name of nodeNames) this.#nodes.create('', name);
    for (let left = 3 + this.random.int(4); left > 0; left--) this.#pods.create();
    this.#services.create('shop', 'api');
    this.#services.create();
    for (const shelf of this.#others) shelf.create();
    for (let left = 2 + this.random.int(3); left > 0; left--) this.#createBackends();
  }

  change(): void {
    this.random.weighted<() => void>([
      [20, () => this.#pods.change()],
      [10, () => this.#services.change()],
      [5, () => this.#nodes.change()],
      [10, () => this.random.pick(this.#others).change()],
      [35, () => this.#changeBackends()],
      [5, () => this.#rollOver()],
      [5, () => this.#splitBackends()],
      [3, () => this.#recreateService()],
      [4, () => this.#replaceBehindBackends()],
    ])();
  }

  drawNamespace(): string {
    return this.random.chance(0.8) ? 'shop' : 'web';
  }

  newUid(): string {
    return `uid-${++this.#uids}`;
  }

  identify({ namespace, name, uid }: Omit<Entry<object>, 'model'>): Identity {
    return { namespace, name, uid, version: ++this.#version };
  }

  putObject(kind: Kind, rendered: KubeObject): void {
    // As it comes over the wire: without fields that are undefined.
    const object = JSON.parse(JSON.stringify(rendered)) as KubeObject;
    const isBroken = this.traits.hasBrokenObjects && this.#breaking.chance(0.08);
    const broken = isBroken ? breakObject(this.#breaking, kind, object) : undefined;
    this.#tell({ do: 'put', kind, object: broken ?? object, isBroken: broken !== undefined });
  }

  deleteObject(kind: Kind, key: string): void {
    this.#tell({ do: 'delete', kind, key });
  }

  #createBackends(): void {
    const namespace = this.drawNamespace();
    const model = drawModel(backendsFields, this.random, this.traits);
    const name = `${this.random.pick(serviceNames)}-${this.random.pick(['a', 'b', 'c'])}`;
    const endpoints = Array.from({ length: this.random.int(5) }, () => this.#drawEndpoint(namespace, model));
    this.#putBackends({ namespace, name, uid: this.newUid(), model, endpoints });
  }

  #changeBackends(): void {
    const { random, traits } = this;
    const backends = this.#pickBackends();
    const act = random.weighted([
      [2, 'create'],
      [3, 'alter'],
      [1, 'delete'],
      [8, 'endpoints'],
    ] as const);
    if (backends === undefined || act === 'create') this.#createBackends();
    else if (act === 'alter') {
      this.#putBackends({ ...backends, model: alterModel(backendsFields, backends.model, random, traits) });
    } else if (act === 'delete') this.#deleteBackends(backends);
    else this.#putBackends({ ...backends, endpoints: this.#alterEndpoints(backends) });
  }

  #alterEndpoints({ namespace, model, endpoints }: Backends): readonly EndpointModel[] {
    const { random, traits } = this;
    const at = random.int(endpoints.length || 1);
    const endpoint = endpoints[at];
    const drawn = this.#drawEndpoint(namespace, model);
    const act = random.weighted([
      [3, 'add'],
      [3, 'remove'],
      [2, 'replace'],
      [4, 'alter'],
      [1, 'shuffle'],
    ] as const);
    if (endpoint === undefined || act === 'add') return [...endpoints, drawn];
    if (act === 'remove') return endpoints.filter((each) => each !== endpoint);
    if (act === 'replace') return endpoints.with(at, drawn);
    if (act === 'shuffle') return endpoints.toReversed();
    return endpoints.with(at, {
      ...endpoint,
      ...alterModel(endpointFields, pickFields(endpoint), random, traits),
    });
  }

  #drawEndpoint(namespace: string, { addressType }: BackendsModel): EndpointModel {
    const { random, traits } = this;
    const isIpv6 = addressType === 'IPv6';
    const target = random.weighted([
      [16, 'Pod'],
      [traits.hasExternalWorkloads ? 3 : 0, 'ExternalWorkload'],
      [traits.hasMirrors ? 4 : 1, 'none'],
      [traits.hasNonsense ? 1 : 0, 'VirtualMachine'],
      [traits.hasNonsense ? 1 : 0, 'nameless'],
    ] as const);
    const shelf = target === 'ExternalWorkload' ? this.#externalWorkloads : this.#pods;
    const all: readonly Entry<PodModel | ExternalWorkloadModel>[] = [...shelf.entries.values()];
    const here = all.filter((entry) => entry.namespace === namespace);
    const entry = here.length > 0 && random.chance(0.85) ? random.pick(here) : undefined;
    const pod = entry !== undefined && 'ip4' in entry.model ? entry.model : undefined;
    const own = isIpv6 ? pod?.ip6 : pod?.ip4;
    const ip = own !== undefined && random.chance(0.85) ? own : random.pick<string>(isIpv6 ? ipv6s : ipv4s);
    const uid = entry?.uid ?? 'uid-of-nobody';
    return {
      pod: entry?.name ?? random.pick(shelf.names),
      ip: traits.hasNonsense && random.chance(0.08) ? random.pick(['10.0.0.999', 'fe80::1%eth0', 'web']) : ip,
      secondIp: random.chance(0.05) ? random.pick<string>(isIpv6 ? ipv6s : ipv4s) : undefined,
      target,
      uid: random.weighted([
        [8, uid],
        [1, undefined],
        [1, 'uid-1'],
      ]),
      ...drawModel(endpointFields, random, traits),
    };
  }

  /** A pod is replaced by another one, as a rollout does it. */
  #rollOver(): void {
    const backends = this.#pickBackends();
    const [entry] = this.#pods.entries.values();
    if (backends === undefined || entry === undefined) return;
    this.#pods.create(backends.namespace);
    const grown = [...backends.endpoints, this.#drawEndpoint(backends.namespace, backends.model)];
    this.#putBackends({ ...backends, endpoints: grown });
    this.#pods.put({ ...entry, model: { ...entry.model, isTerminating: true } });
    const rest = grown.filter(({ pod }) => pod !== entry.name);
    this.#putBackends({ ...backends, endpoints: rest });
    this.#pods.delete(entry);
  }

  /** A pod is replaced by another one of its name, and whoever refers to it says so before or after. */
  #replaceBehindBackends(): void {
    const entry = this.random.pick([...this.#pods.entries.values(), undefined]);
    if (entry === undefined) return;
    const repoint = (uid: string): void => {
      for (const backends of this.#backends.values()) {
        if (backends.endpoints.every(({ pod }) => pod !== entry.name)) continue;
        const endpoints = backends.endpoints.map((each) =>
          each.pod === entry.name ? { ...each, uid } : each,
        );
        this.#putBackends({ ...backends, endpoints });
      }
    };
    const isEarly = this.random.chance(0.5);
    const next = this.newUid();
    if (isEarly) repoint(next);
    if (this.random.chance(0.5)) this.#pods.delete(entry);
    this.#pods.put({ ...entry, uid: next });
    if (!isEarly) repoint(next);
  }

  /** Half of the endpoints go to another object, which is told of before or after they are gone from the first. */
  #splitBackends(): void {
    const backends = this.#pickBackends();
    if (backends === undefined) return;
    const moved = this.random.some(backends.endpoints);
    const rest = backends.endpoints.filter((each) => !moved.includes(each));
    const name = `${backends.model.service ?? 'none'}-${this.random.pick(['x', 'y'])}`;
    const writes = [
      () => this.#putBackends({ ...backends, endpoints: rest }),
      () => this.#putBackends({ ...backends, name, uid: this.newUid(), endpoints: moved }),
    ];
    for (const write of this.random.chance(0.5) ? writes : writes.toReversed()) write();
  }

  #recreateService(): void {
    const entry = this.random.pick([...this.#services.entries.values(), undefined]);
    if (entry === undefined) return;
    this.#services.delete(entry);
    const own = [...this.#backends.values()].filter(
      ({ namespace, model }) => namespace === entry.namespace && model.service === entry.name,
    );
    if (this.random.chance(0.7)) for (const backends of own) this.#deleteBackends(backends);
    this.#services.put({ ...entry, uid: this.newUid() });
    for (const backends of own) this.#putBackends({ ...backends, uid: this.newUid() });
  }

  #pickBackends(): Backends | undefined {
    return this.#backends.size === 0 ? undefined : this.random.pick([...this.#backends.values()]);
  }

  #putBackends(backends: Backends): void {
    const key = `${backends.namespace}/${backends.name}`;
    const before = this.#backends.get(key);
    this.#backends.set(key, backends);
    if (this.#source === 'EndpointSlice') {
      const { model, endpoints } = backends;
      this.putObject('Backends', renderSlice(this.identify(backends), model, endpoints, this.traits));
      return;
    }
    this.#writeEndpoints(backends.namespace, backends.model.service);
    if (before !== undefined && before.model.service !== backends.model.service) {
      this.#writeEndpoints(before.namespace, before.model.service);
    }
  }

  #deleteBackends(backends: Backends): void {
    const key = `${backends.namespace}/${backends.name}`;
    this.#backends.delete(key);
    if (this.#source === 'EndpointSlice') this.deleteObject('Backends', key);
    else this.#writeEndpoints(backends.namespace, backends.model.service);
  }

  /** The Endpoints object of a service, made of what would be its slices. */
  #writeEndpoints(namespace: string, service: string | undefined): void {
    if (service === undefined) return;
    const parts = [...this.#backends.values()].filter(
      (each) => each.namespace === namespace && each.model.service === service,
    );
    if (parts.length === 0) this.deleteObject('Backends', `${namespace}/${service}`);
    else {
      const identity = this.identify({ namespace, name: service, uid: `uid-of-${service}` });
      this.putObject('Backends', renderEndpoints(identity, parts, this.traits));
    }
  }
}

function pickFields({
  ready,
  hostname,
  zone,
  forZones,
}: EndpointModel): Pick<EndpointModel, 'ready' | 'hostname' | 'zone' | 'forZones'> {
  return { ready, hostname, zone, forZones };
}
