import { addressKey } from '../core/endpoint.js';
import {
  type Address,
  type ClientContext,
  type ExplainEndpointsResponse,
  InternalTrafficPolicy,
  type ObjectRef,
  type Port,
  type Service,
} from '../gen/conduit/api/v1/api.js';
import type { Colours } from './colour.js';
import { serviceTypeName } from './endpoint-explanation-json.js';
import { formatFacts } from './facts.js';
import { printable } from './printable.js';
import { formatTable } from './table.js';

/** How the endpoints of a service were chosen, and a table of every address with its verdict. */
export function endpointExplanationText(
  authority: string,
  explanation: ExplainEndpointsResponse,
  colours: Colours,
): string {
  const { service, port, instance, client, rule, addresses } = explanation;
  const served = addresses.filter(({ verdict }) => verdict?.$case === 'served').length;
  const facts = formatFacts([
    ['Service', service && serviceText(service)],
    ['Instance', instance === '' ? undefined : instance],
    ['Port', port && portText(port)],
    ['Client', client && clientText(client)],
    ['Rule', rule?.text],
    ['Told', addresses.length === 0 ? 'none: no address is declared' : `${served} of ${addresses.length}`],
  ]);
  const table = addresses.length === 0 ? '' : `\n${coloured(addresses, colours)}`;
  return `${printable(authority)}\n${facts}${table}`;
}

function coloured(addresses: readonly Address[], colours: Colours): string {
  const [heading = '', ...lines] = formatTable(columns, addresses).trimEnd().split('\n');
  const painted = lines.map((line, index) =>
    addresses[index]?.verdict?.$case === 'served' ? colours.added(line) : colours.removed(line),
  );
  return [heading, ...painted].map((line) => `${line}\n`).join('');
}

const columns = [
  { heading: 'ADDRESS', cell: ({ ip, port }: Address) => (port === 0 ? ip : addressKey(ip, port)) },
  { heading: 'WORKLOAD', cell: ({ workload }: Address) => workload && objectText(workload) },
  { heading: 'ZONE', cell: ({ zone }: Address) => (zone === '' ? undefined : zone) },
  { heading: 'VERDICT', cell: ({ verdict }: Address) => verdict?.$case },
  { heading: 'REASON', cell: reasonOf },
  { heading: 'OBJECT', cell: ({ object }: Address) => object && objectText(object) },
];

function reasonOf({ verdict }: Address): string | undefined {
  switch (verdict?.$case) {
    case 'served': {
      const notes = verdict.value.notes.map(({ text }) => text);
      return notes.length === 0 ? undefined : notes.join('; ');
    }
    case 'excluded':
      return verdict.value.text;
    case undefined:
      return undefined;
  }
}

/** `Pod shop/web-1`. */
export function objectText({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}

function serviceText({ namespace, name, type, internalTrafficPolicy }: Service): string {
  const policy =
    internalTrafficPolicy === InternalTrafficPolicy.LOCAL ? ', internalTrafficPolicy: Local' : '';
  return `${namespace}/${name} (${serviceTypeName(type) ?? 'of an unknown type'}${policy})`;
}

function portText({ number, declared, name }: Port): string {
  if (!declared) return `${number}, which is no port of the service: the endpoints' own`;
  return name === '' ? `${number}` : `${number} (${name})`;
}

function clientText({ namespace, node, zone, zoneUnknownBecause }: ClientContext): string {
  const facts = [
    namespace === '' ? [] : [`namespace ${namespace}`],
    node === '' ? [] : [`node ${node}`],
    zone === '' ? [`zone not known: ${zoneUnknownBecause}`] : [`zone ${zone}`],
  ];
  return facts.flat().join(', ');
}
