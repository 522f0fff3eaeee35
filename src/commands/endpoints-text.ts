import type { ToldEndpoint } from '../client/told-endpoint.js';
import type { Difference } from '../client/told-set.js';
import { addressKey } from '../core/endpoint.js';
import type { Colours } from './colour.js';
import { printable } from './printable.js';
import { formatTable } from './table.js';

/** The set as a table, or a line that says that it is empty. */
export function endpointsTable(
  authority: string,
  { exists, endpoints }: { readonly exists: boolean; readonly endpoints: readonly ToldEndpoint[] },
): string {
  if (!exists) return `${printable(authority)} does not exist.\n`;
  if (endpoints.length === 0) return `${printable(authority)} has no endpoints.\n`;
  return formatTable(columns, endpoints);
}

/**
 * What happened to a set, a line for each endpoint, each after `prefix`:
 *
 *     + 127.64.0.3:8080 pod=web-1 owner=deployment/web weight=10000
 *     ~ 127.64.0.4:8080 weight=10000->0
 *     - 127.64.0.5:8080 pod=web-3
 *
 * Additions come first, as they do on the wire.
 */
export function differenceLines(difference: Difference, prefix: string, colours: Colours): string {
  const line = (sign: string, endpoint: ToldEndpoint, facts: readonly string[]) =>
    `${sign} ${prefix}${[addressOf(endpoint), ...facts].map(printable).join(' ')}`;
  const lines = [
    ...difference.added.map((endpoint) => colours.added(line('+', endpoint, summaryOf(endpoint)))),
    ...difference.changed.map(({ from, to }) => colours.changed(line('~', to, changesOf(from, to)))),
    ...difference.removed.map((endpoint) => {
      const pod = podOf(endpoint);
      return colours.removed(line('-', endpoint, pod === undefined ? [] : [`pod=${pod}`]));
    }),
  ];
  return lines.map((text) => `${text}\n`).join('');
}

const columns = [
  { heading: 'ADDRESS', cell: addressOf },
  { heading: 'POD', cell: podOf },
  { heading: 'OWNER', cell: ownerOf },
  { heading: 'ZONE', cell: zoneOf },
  { heading: 'WEIGHT', cell: ({ weight }: ToldEndpoint) => String(weight) },
  { heading: 'PROTOCOL', cell: protocolOf },
  { heading: 'IDENTITY', cell: ({ identity }: ToldEndpoint) => identity?.name },
];

function addressOf({ ip, port }: ToldEndpoint): string {
  return addressKey(ip, port);
}

function podOf({ labels, resource }: ToldEndpoint): string | undefined {
  return labels.get('pod') ?? (resource?.kind === 'Pod' ? resource.name : undefined);
}

function zoneOf({ labels }: ToldEndpoint): string | undefined {
  const zone = labels.get('zone');
  return zone === '' ? undefined : zone;
}

/** `h2`, `opaque`, `opaque via 4143` where connections go through the transport port of the endpoint's proxy. */
function protocolOf({ protocol, transportPort }: ToldEndpoint): string | undefined {
  return transportPort === undefined ? protocol : `${protocol ?? 'any'} via ${transportPort}`;
}

/** `deployment/web` */
function ownerOf({ labels }: ToldEndpoint): string | undefined {
  const label = ownerLabel(labels);
  if (label === undefined) return undefined;
  // A Job is told as k8s_job, since Prometheus uses `job` for itself.
  return `${label === 'k8s_job' ? 'job' : label}/${labels.get(label)}`;
}

/**
 * The owner of a pod is told as a label named by its kind in lower case, which can be any kind of any operator's
 * making; so it is the label that is none of the others.
 */
function ownerLabel(labels: ReadonlyMap<string, string>): string | undefined {
  return [...labels.keys()].find((name) => !otherLabels.has(name));
}

const otherLabels: ReadonlySet<string> = new Set([
  'control_plane_ns',
  'namespace',
  'pod',
  'pod_template_hash',
  'service',
  'serviceaccount',
  'target_cluster',
  'target_service',
  'target_service_namespace',
  'zone',
  'zone_locality',
]);

type Facts = ReadonlyMap<string, string>;

/** What the table shows, as far as there is something to show. */
function mainFacts(endpoint: ToldEndpoint): Facts {
  const { weight, protocol, transportPort, identity } = endpoint;
  return facts({
    pod: podOf(endpoint),
    owner: ownerOf(endpoint),
    zone: zoneOf(endpoint),
    weight: String(weight),
    protocol,
    'transport-port': transportPort?.toString(),
    identity: identity?.name,
  });
}

/** Everything that is told, under the names of the table where it has one. */
function allFacts(endpoint: ToldEndpoint): Facts {
  const { labels, identity, authorityOverride, resource } = endpoint;
  const shown = new Set(['pod', 'zone', ownerLabel(labels)]);
  const details = facts({
    'server-name': identity?.serverName,
    authority: authorityOverride,
    resource: resource && `${resource.kind}/${resource.namespace}/${resource.name}`,
  });
  return new Map([...mainFacts(endpoint), ...details, ...[...labels].filter(([name]) => !shown.has(name))]);
}

function facts(values: Readonly<Record<string, string | undefined>>): Facts {
  return new Map(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function summaryOf(endpoint: ToldEndpoint): readonly string[] {
  return [...mainFacts(endpoint)].map(([name, value]) => `${name}=${value}`);
}

/** Everything that is told differently, which may be nothing that the table shows. */
function changesOf(from: ToldEndpoint, to: ToldEndpoint): readonly string[] {
  const before = allFacts(from);
  const after = allFacts(to);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}=${before.get(name) ?? ''}->${after.get(name) ?? ''}`);
}
