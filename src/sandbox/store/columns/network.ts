import { isIPv6 } from 'node:net';
import { type Column, ageColumn, column, nameColumn } from '../column.js';
import { type Fields, listAt, numberAt, recordsAt, stringMapAt, textAt } from '../field.js';
import type { KubeObject } from '../object.js';
import { labelsText } from '../selector-text.js';

export const serviceColumns: readonly Column[] = [
  nameColumn,
  column('Type', typeOf),
  column('Cluster-IP', (service) => textAt(service, 'spec', 'clusterIP') || '<none>'),
  column('External-IP', externalIp),
  column('Port(s)', ports),
  ageColumn,
  column('Selector', (service) => labelsText(stringMapAt(service, 'spec', 'selector')), { wide: true }),
];

export const endpointsColumns: readonly Column[] = [
  nameColumn,
  column('Endpoints', (object) => {
    const subsets = recordsAt(object, 'subsets');
    return subsets.length === 0 ? '<none>' : firstThree(subsets.flatMap(subsetAddresses), '');
  }),
  ageColumn,
];

export const endpointSliceColumns: readonly Column[] = [
  nameColumn,
  column('AddressType', (slice) => textAt(slice, 'addressType') ?? ''),
  column('Ports', (slice) =>
    firstThree(
      recordsAt(slice, 'ports').map((port) => String(numberAt(port, 'port') ?? textAt(port, 'name') ?? '*')),
      '<unset>',
    ),
  ),
  column('Endpoints', (slice) =>
    firstThree(
      recordsAt(slice, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses').map(String)),
      '<unset>',
    ),
  ),
  ageColumn,
];

function typeOf(service: KubeObject): string {
  return textAt(service, 'spec', 'type') ?? 'ClusterIP';
}

function externalIp(service: KubeObject): string {
  const type = typeOf(service);
  if (type === 'ExternalName') return textAt(service, 'spec', 'externalName') ?? '';
  const balancers = recordsAt(service, 'status', 'loadBalancer', 'ingress').map(
    (one) => textAt(one, 'ip') ?? textAt(one, 'hostname') ?? '',
  );
  const addresses = [
    ...(type === 'LoadBalancer' ? balancers : []),
    ...listAt(service, 'spec', 'externalIPs').map(String),
  ];
  if (addresses.length > 0) return addresses.join(',');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function ports(service: KubeObject): string {
  const texts = recordsAt(service, 'spec', 'ports').map((port) => {
    const nodePort = numberAt(port, 'nodePort') ?? 0;
    const number = `${numberAt(port, 'port') ?? 0}${nodePort === 0 ? '' : `:${nodePort}`}`;
    return `${number}/${textAt(port, 'protocol') ?? 'TCP'}`;
  });
  return texts.length === 0 ? '<none>' : texts.join(',');
}

function subsetAddresses(subset: Fields): readonly string[] {
  const ips = recordsAt(subset, 'addresses').map((address) => textAt(address, 'ip') ?? '');
  const ports = recordsAt(subset, 'ports');
  if (ports.length === 0) return ips;
  return ports.flatMap((port) =>
    ips.map((ip) => `${isIPv6(ip) ? `[${ip}]` : ip}:${numberAt(port, 'port') ?? 0}`),
  );
}

function firstThree(texts: readonly string[], none: string): string {
  if (texts.length === 0) return none;
  const shown = texts.slice(0, 3).join(',');
  return texts.length > 3 ? `${shown} + ${texts.length - 3} more...` : shown;
}
