import { at, fieldsAt, type Fields, numberAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { AddressPool } from './address-pool.js';
import { updateObject } from './client.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  keyOf,
  startController,
  watchOwn,
} from './controller.js';
import * as kinds from './kinds.js';
import { NumberPool } from './number-pool.js';
import { uidOf } from './owner.js';

/** The ports that Kubernetes takes for node ports unless it is told otherwise. */
const nodePortRange = { first: 30_000, size: 2_768 };

const source = 'service-controller';

interface Pools {
  readonly addresses: AddressPool;
  readonly nodePorts: NumberPool;
}

/** What a Service has been given, or came with. */
interface Holding {
  readonly uid: string;
  readonly ip: string | undefined;
  readonly nodePorts: readonly number[];
}

/**
 * Gives each core/v1 Service the cluster IP and the node ports that its type comes with. Nothing listens there: the
 * address is what clients ask the control plane about.
 */
export function startServices(
  context: ControllerContext,
  options: {
    /** Where cluster IPs come from: `127.96.0.0/12`. */
    readonly serviceNetwork: string;
  },
): Controller {
  const { store, record } = context;
  const pools = {
    addresses: new AddressPool(options.serviceNetwork),
    nodePorts: new NumberPool(nodePortRange),
  };
  const holdings = new Map<string, Holding>();
  const hold = (key: string, service: KubeObject): void => {
    const holding = holdingOf(service);
    if (!claim(holding, pools)) {
      const message = `The cluster IP ${holding.ip ?? ''} or a node port belongs to another Service already`;
      record(service, { type: 'Warning', reason: 'AlreadyAllocated', message, source });
    }
    holdings.set(key, holding);
  };
  // Before anything is handed out: Services that were there earlier keep what they have.
  for (const service of store.list(kinds.services)) hold(keyOf(service), service);

  return startController(context, {
    name: 'services',
    watches: [watchOwn(kinds.services)],
    reconcile: (key) => {
      const before = holdings.get(key);
      if (before) release(before, pools);
      holdings.delete(key);
      const service = getByKey(store, kinds.services, key);
      if (!service) return;
      // What it came with, so that it isn't handed out again in the next line.
      claim(holdingOf(service), pools);
      hold(key, updateObject(store, kinds.services, completed(service, pools)));
    },
  });
}

function holdingOf(service: KubeObject): Holding {
  const ip = textAt(service, 'spec', 'clusterIP');
  return {
    uid: uidOf(service),
    ip: ip === '' || ip === 'None' ? undefined : ip,
    nodePorts: recordsAt(service, 'spec', 'ports').flatMap((port) => nodePortOf(port) ?? []),
  };
}

function claim({ uid, ip, nodePorts }: Holding, pools: Pools): boolean {
  const ports = nodePorts.map((port) => pools.nodePorts.claim(port, uid));
  return (ip === undefined || pools.addresses.claim(ip, uid)) && ports.every((granted) => granted);
}

function release({ uid, ip, nodePorts }: Holding, pools: Pools): void {
  if (ip !== undefined) pools.addresses.release(ip, uid);
  for (const port of nodePorts) pools.nodePorts.release(port, uid);
}

/** The Service with what it lacks, and without what its type doesn't have. */
function completed(service: KubeObject, pools: Pools): KubeObject {
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, ...rest } = fieldsAt(service, 'spec') ?? {};
  const type = textAt(rest, 'type');
  const ports = Array.isArray(rest['ports']) && { ports: completedPorts(service, pools) };
  if (type === 'ExternalName') return { ...service, spec: { ...rest, ...ports } };
  const { uid, ip } = holdingOf(service);
  const address = clusterIP === 'None' ? 'None' : (ip ?? pools.addresses.allocate(uid));
  if (address === undefined) throw new Error('no address is left in the service network');
  const families = { ipFamilies: ipFamilies ?? ['IPv4'], ipFamilyPolicy: ipFamilyPolicy ?? 'SingleStack' };
  return {
    ...service,
    spec: { ...rest, clusterIP: address, clusterIPs: clusterIPs ?? [address], ...families, ...ports },
  };
}

function completedPorts(service: KubeObject, pools: Pools): readonly Fields[] {
  const type = at(service, 'spec', 'type');
  const allocates = at(service, 'spec', 'allocateLoadBalancerNodePorts') !== false;
  return recordsAt(service, 'spec', 'ports').map((port) => {
    const { nodePort: _, ...rest } = port;
    const present = nodePortOf(port);
    if (type !== 'NodePort' && type !== 'LoadBalancer') return rest;
    if (present !== undefined || (type === 'LoadBalancer' && !allocates)) return port;
    const nodePort = pools.nodePorts.allocate(uidOf(service));
    if (nodePort === undefined) throw new Error('no node port is left');
    return { ...rest, nodePort };
  });
}

function nodePortOf(port: Fields): number | undefined {
  const number = numberAt(port, 'nodePort');
  return number === 0 ? undefined : number;
}
