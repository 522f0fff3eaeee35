import type { Registry } from 'prom-client';
import { formatHostPort } from '../config/parsers.js';
import { sidecarTapPort } from '../config/ports.js';
import type { PodSelection } from '../core/resource.js';
import type { GrpcService } from '../grpc/service.js';
import { createTapService } from '../grpc/tap.js';
import type { Mesh } from '../mesh/mesh.js';
import type { SelectedPod } from '../mesh/selectable-pods.js';
import type { Authorize } from '../tap/authorize.js';
import type { LabelsOf } from '../tap/event-reader.js';
import { credentialHeaders } from '../tap/redaction.js';
import type { TargetPod, TargetWatch } from '../tap/tap-session.js';
import { Upstreams } from '../tap/upstreams.js';
import { workloadLabels } from '../wire/workload-labels.js';

export interface TapServiceOptions {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly authorize: Authorize;
  /** Headers, besides those of credentials, whose values are withheld. */
  readonly tapRedactedHeaders: readonly string[];
}

/** What about a core can read, and half of it: the control plane has others to serve (bench/README.md, tap). */
const maxEventsPerSecond = 12_000;

/** The tap over a mesh; `close` ends its calls to proxies. */
export function startTap(options: TapServiceOptions): {
  readonly service: GrpcService;
  readonly close: () => void;
} {
  const { mesh, registry, authorize, tapRedactedHeaders } = options;
  const upstreams = new Upstreams({
    labelsOf: labelsIn(mesh),
    labelsOfPod: (pod) => labelsOfPod(mesh, pod),
    redacted: new Set([...credentialHeaders, ...tapRedactedHeaders.map((name) => name.toLowerCase())]),
    maxEventsPerSecond,
    random: Math.random,
  });
  const service = createTapService({
    upstreams,
    authorize,
    registry,
    random: Math.random,
    watchTarget: (target, listener) => watchTarget(mesh, target, listener),
  });
  return { service, close: () => upstreams.close() };
}

function watchTarget(mesh: Mesh, target: PodSelection, listener: () => void): TargetWatch {
  const subscription = mesh.selectedPods.subscribe(target, listener);
  return {
    get state() {
      const { exists, pods } = subscription.latest.value;
      const here = pods.filter(({ phase, isTerminating }) => phase !== 'ended' && !isTerminating);
      return { exists, pods: here.map(toTargetPod) };
    },
    close: () => subscription.close(),
  };
}

function toTargetPod({ id, phase, ips, isMeshed }: SelectedPod): TargetPod {
  const [host] = ips;
  const tapAddress =
    phase === 'running' && host !== undefined ? formatHostPort({ host, port: sidecarTapPort }) : undefined;
  return { id, tapAddress, isMeshed };
}

function labelsIn(mesh: Mesh): LabelsOf {
  return (ip) => {
    const owner = mesh.addressOwners.read(ip);
    switch (owner.kind) {
      case 'pod':
        return workloadLabels(owner.workload);
      case 'node':
        return new Map([['node', owner.name]]);
      case 'unknown':
        return none;
    }
  };
}

function labelsOfPod(mesh: Mesh, id: string): ReadonlyMap<string, string> {
  const [namespace, name] = id.split('/');
  const [pod] = mesh.selectedPods.read({ kind: 'Pod', namespace, name, labels: [] }).pods;
  return pod === undefined ? none : workloadLabels(pod.workload);
}

const none: ReadonlyMap<string, string> = new Map();
