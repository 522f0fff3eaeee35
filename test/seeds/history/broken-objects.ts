import type { Random } from '../../kit/random.js';
import type { Kind, KubeObject } from './step.js';

/** The object in a form that can't be understood as a whole; undefined for a kind whose parts all stand by themselves. */
export function breakObject(random: Random, kind: Kind, object: KubeObject): KubeObject | undefined {
  const { metadata } = object;
  const labelless: KubeObject = { ...object, metadata: { ...metadata, labels: 'none' } };
  const ownerless: KubeObject = { ...object, metadata: { ...metadata, ownerReferences: 'none' } };
  const { uid: _, ...anonymous } = metadata;
  const isFqdn = object['addressType'] === 'FQDN';
  switch (kind) {
    case 'Service':
      return { ...object, spec: random.pick<unknown>(['none', { ports: 'all' }]) };
    case 'Backends':
      // A slice that belongs to nobody is of no use, whatever else it is.
      if (object['kind'] === 'EndpointSlice' && !hasService(object)) return undefined;
      return Array.isArray(object['subsets'])
        ? { ...object, subsets: random.pick<unknown>(['all', [{ addresses: 'all' }]]) }
        : // What a slice of host names lists isn't read at all.
          random.pick([
            { ...object, [isFqdn ? 'ports' : 'endpoints']: 'all' },
            { ...object, ports: 80 },
            labelless,
          ]);
    case 'Pod':
      return random.pick([{ ...object, metadata: anonymous }, labelless, ownerless]);
    case 'Node':
      return labelless;
    case 'ReplicaSet':
    case 'Job':
      return ownerless;
    case 'Server':
      return { ...object, spec: { proxyProtocol: 'opaque', port: {} } };
    case 'ExternalWorkload':
      return { ...object, spec: {} };
    case 'ServiceProfile':
      return undefined;
  }
}

function hasService({ metadata: { labels, ownerReferences } }: KubeObject): boolean {
  const isLabelled = typeof labels === 'object' && labels !== null && 'kubernetes.io/service-name' in labels;
  return isLabelled || (Array.isArray(ownerReferences) && ownerReferences.length > 0);
}
