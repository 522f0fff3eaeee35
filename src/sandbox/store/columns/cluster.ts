import { type Column, ageColumn, column, nameColumn } from '../column.js';
import { ageOf } from '../duration.js';
import { fieldsAt, isTrueAt, listAt, numberAt, recordsAt, textAt } from '../field.js';
import type { KubeObject } from '../object.js';

export const namespaceColumns: readonly Column[] = [
  nameColumn,
  column('Status', (namespace) => textAt(namespace, 'status', 'phase') ?? ''),
  ageColumn,
];

export const nodeColumns: readonly Column[] = [
  nameColumn,
  column('Status', nodeStatus),
  column('Roles', nodeRoles),
  ageColumn,
  column('Version', (node) => textAt(node, 'status', 'nodeInfo', 'kubeletVersion') ?? ''),
  column('Internal-IP', (node) => nodeAddress(node, 'InternalIP'), { wide: true }),
  column('External-IP', (node) => nodeAddress(node, 'ExternalIP'), { wide: true }),
  nodeInfoColumn('OS-Image', 'osImage'),
  nodeInfoColumn('Kernel-Version', 'kernelVersion'),
  nodeInfoColumn('Container-Runtime', 'containerRuntimeVersion'),
];

export const serviceAccountColumns: readonly Column[] = [
  nameColumn,
  column('Secrets', (account) => listAt(account, 'secrets').length, { type: 'integer' }),
  ageColumn,
];

export const configMapColumns: readonly Column[] = [
  nameColumn,
  column('Data', (map) => size(map, 'data') + size(map, 'binaryData'), { type: 'integer' }),
  ageColumn,
];

export const secretColumns: readonly Column[] = [
  nameColumn,
  column('Type', (secret) => textAt(secret, 'type') ?? ''),
  column('Data', (secret) => size(secret, 'data'), { type: 'integer' }),
  ageColumn,
];

export const eventColumns: readonly Column[] = [
  column('Last Seen', (event, now) => ageOf(lastSeen(event), now)),
  column('Type', (event) => textAt(event, 'type') ?? ''),
  column('Reason', (event) => textAt(event, 'reason') ?? ''),
  column('Object', involvedObject),
  column('Subobject', (event) => textAt(event, 'involvedObject', 'fieldPath') ?? '', { wide: true }),
  column('Source', eventSource, { wide: true }),
  column('Message', (event) => (textAt(event, 'message') ?? '').trim()),
  column('First Seen', (event, now) => ageOf(firstSeen(event), now), { wide: true }),
  column(
    'Count',
    (event) => numberAt(event, 'series', 'count') ?? Math.max(1, numberAt(event, 'count') ?? 1),
    { type: 'integer', wide: true },
  ),
  { ...nameColumn, priority: 1 },
];

export const leaseColumns: readonly Column[] = [
  nameColumn,
  column('Holder', (lease) => textAt(lease, 'spec', 'holderIdentity') ?? ''),
  ageColumn,
];

/** Roles and definitions show when they were created, not how long ago. */
export const createdAtColumns: readonly Column[] = [
  nameColumn,
  column('Created At', (object) => object.metadata.creationTimestamp ?? '<unknown>'),
];

export const roleBindingColumns: readonly Column[] = [
  nameColumn,
  column('Role', (binding) =>
    [textAt(binding, 'roleRef', 'kind') ?? '', textAt(binding, 'roleRef', 'name') ?? ''].join('/'),
  ),
  ageColumn,
  column('Users', (binding) => subjects(binding, 'User'), { wide: true }),
  column('Groups', (binding) => subjects(binding, 'Group'), { wide: true }),
  column('ServiceAccounts', (binding) => subjects(binding, 'ServiceAccount'), { wide: true }),
];

function nodeStatus(node: KubeObject): string {
  const ready = recordsAt(node, 'status', 'conditions').find(({ type }) => type === 'Ready');
  const status = !ready ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return isTrueAt(node, 'spec', 'unschedulable') ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key !== prefix) return [key.slice(prefix.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.length === 0 ? '<none>' : [...new Set(roles)].sort().join(',');
}

function nodeAddress(node: KubeObject, type: string): string {
  const found = recordsAt(node, 'status', 'addresses').find((one) => one['type'] === type);
  return textAt(found, 'address') ?? '<none>';
}

function nodeInfoColumn(name: string, field: string): Column {
  return column(name, (node) => textAt(node, 'status', 'nodeInfo', field) || '<unknown>', { wide: true });
}

function size(object: KubeObject, field: string): number {
  return Object.keys(fieldsAt(object, field) ?? {}).length;
}

function firstSeen(event: KubeObject): string | undefined {
  return textAt(event, 'firstTimestamp') ?? textAt(event, 'eventTime');
}

function lastSeen(event: KubeObject): string | undefined {
  return textAt(event, 'series', 'lastObservedTime') ?? textAt(event, 'lastTimestamp') ?? firstSeen(event);
}

function involvedObject(event: KubeObject): string {
  const kind = (textAt(event, 'involvedObject', 'kind') ?? '').toLowerCase();
  const name = textAt(event, 'involvedObject', 'name') ?? '';
  return name === '' ? kind : `${kind}/${name}`;
}

function eventSource(event: KubeObject): string {
  const component = textAt(event, 'source', 'component') ?? textAt(event, 'reportingComponent') ?? '';
  const host = textAt(event, 'source', 'host') ?? textAt(event, 'reportingInstance') ?? '';
  return host === '' ? component : `${component}, ${host}`;
}

function subjects(binding: KubeObject, kind: string): string {
  return recordsAt(binding, 'subjects')
    .filter((one) => one['kind'] === kind)
    .map((one) => {
      const name = textAt(one, 'name') ?? '';
      return kind === 'ServiceAccount' ? `${textAt(one, 'namespace') ?? ''}/${name}` : name;
    })
    .join(', ');
}
