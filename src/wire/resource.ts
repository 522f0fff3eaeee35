import { parseLabelQuery } from '../core/label-query.js';
import type { PodSelection, ResourceId, ResourceKind, ResourceSelection } from '../core/resource.js';
import {
  type Resource as ResourceMessage,
  ResourceKind as KindMessage,
  type ResourceSelection as SelectionMessage,
} from '../gen/conduit/api/v1/resource.js';

const kindMessages: Readonly<Record<ResourceKind, KindMessage>> = {
  Namespace: KindMessage.NAMESPACE,
  Pod: KindMessage.POD,
  Deployment: KindMessage.DEPLOYMENT,
  ReplicaSet: KindMessage.REPLICA_SET,
  ReplicationController: KindMessage.REPLICATION_CONTROLLER,
  StatefulSet: KindMessage.STATEFUL_SET,
  DaemonSet: KindMessage.DAEMON_SET,
  Job: KindMessage.JOB,
  CronJob: KindMessage.CRON_JOB,
  Service: KindMessage.SERVICE,
  Authority: KindMessage.AUTHORITY,
};

const kinds: ReadonlyMap<number, ResourceKind> = new Map(
  Object.entries(kindMessages).map(([kind, message]) => [message, kind as ResourceKind]),
);

/** Undefined for a number that stands for no kind, or for one that is not known here. */
export function readResourceKind(kind: KindMessage): ResourceKind | undefined {
  return kinds.get(kind);
}

export function toResourceKind(kind: ResourceKind): KindMessage {
  return kindMessages[kind];
}

export function toResource({ kind, namespace, name }: ResourceId): ResourceMessage {
  return { kind: toResourceKind(kind), namespace, name };
}

/** Undefined where its kind is not known here. */
export function readResource({ kind, namespace, name }: ResourceMessage): ResourceId | undefined {
  const known = readResourceKind(kind);
  return known && { kind: known, namespace, name };
}

/** `labelSelector` is in kubectl's words; empty: any labels. */
export function toResourceSelection(
  { kind, namespace = '', name = '' }: ResourceSelection,
  labelSelector: string,
): SelectionMessage {
  return { kind: toResourceKind(kind), namespace, name, labelSelector };
}

export type ReadSelection =
  | { readonly ok: true; readonly value: PodSelection }
  /** One line that begins with the field and what it says: `selections[0].kind: 99; expected a known kind`. */
  | { readonly ok: false; readonly problem: string };

/**
 * A selection that a client asks with, in the field of this name (`target`, `selections[0]`). It must be one that some
 * cluster could answer; whether this one has the resource is another question.
 */
export function readResourceSelection(message: SelectionMessage | undefined, field: string): ReadSelection {
  if (message === undefined) return { ok: false, problem: `${field}: missing` };
  const { namespace, name, labelSelector } = message;
  const refuse = (part: string, value: string | number, expected: string): ReadSelection => ({
    ok: false,
    problem: `${field}.${part}: ${shown(value)}; expected ${expected}`,
  });
  const kind = readResourceKind(message.kind);
  if (kind === undefined) return refuse('kind', message.kind, 'a known kind');
  const maxNameLength = kind === 'Authority' ? maxAuthorityLength : maxObjectNameLength;
  if (name.length > maxNameLength) return refuse('name', name, `at most ${maxNameLength} characters`);
  if (namespace.length > maxNamespaceLength) {
    return refuse('namespace', namespace, `at most ${maxNamespaceLength} characters`);
  }
  if (kind === 'Namespace' && namespace !== '') {
    return refuse('namespace', namespace, 'none, because a namespace is in none');
  }
  if (kind !== 'Namespace' && name !== '' && namespace === '') {
    return refuse('namespace', namespace, `the namespace of ${shown(name)}`);
  }
  const labels = parseLabelQuery(labelSelector);
  if (!labels.ok) return { ok: false, problem: `${field}.label_selector: ${labels.problem}` };
  if (kind === 'Authority' && labels.value.length > 0) {
    return refuse('label_selector', labelSelector, 'none, because an authority has no pods');
  }
  return {
    ok: true,
    value: { kind, namespace: namespace || undefined, name: name || undefined, labels: labels.value },
  };
}

// Kubernetes: a DNS label, and a DNS subdomain. An authority is a DNS name and a port, which proxies report at that length.
const maxNamespaceLength = 63;
const maxObjectNameLength = 253;
const maxAuthorityLength = 270;

function shown(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}
