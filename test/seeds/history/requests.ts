import type { Request } from '../oracle/objects.js';
import type { Random } from '../../kit/random.js';
import {
  clusterDomain,
  clusterIps,
  externalIps,
  hostIps,
  instances,
  ipv4s,
  ipv6s,
  namespaces,
  nodeNames,
  serviceNames,
  type Traits,
} from './vocabulary.js';

export function drawRequest(random: Random, traits: Traits): Request {
  const rpc = random.pick(['Get', 'Get', 'GetProfile'] as const);
  return { rpc, authority: drawAuthority(random, traits, rpc), contextToken: drawToken(random) };
}

function drawAuthority(random: Random, { hasInstances }: Traits, rpc: Request['rpc']): string {
  const port = random.pick(['', ':80', ':80', ':3306', ':4001', ':8080']);
  const service = random.weighted([
    [4, 'api.shop'],
    [2, `${random.pick(serviceNames)}.${random.pick(namespaces)}`],
    [hasInstances ? 4 : 0, `${random.pick(instances)}.api.shop`],
  ]);
  const name = `${service}.svc.${clusterDomain}${port}`;
  if (rpc === 'Get') {
    return random.weighted([
      [40, name],
      [1, '10.96.0.1:80'],
      [1, 'api.shop.svc.other.local'],
      [1, `api.shop${port}`],
    ]);
  }
  const ip = random.pick<string>([...clusterIps, ...ipv4s, ...ipv6s, ...hostIps, ...externalIps, '8.8.8.8']);
  const address = `${ip.includes(':') ? `[${ip}]` : ip}${port}`;
  return random.weighted([
    [10, name],
    [10, address],
    [1, 'api.shop.svc.cluster.local:http'],
  ]);
}

function drawToken(random: Random): string {
  const ns = random.pick([...namespaces, undefined]);
  const nodeName = random.pick([...nodeNames, ...nodeNames, 'ghost', undefined]);
  return random.weighted([
    [8, `${JSON.stringify({ ns, nodeName, pod: 'client' })}\n`],
    [1, ''],
    [1, 'ns:web'],
  ]);
}
