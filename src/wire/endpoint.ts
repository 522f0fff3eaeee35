import { type Endpoint, localityOf, type ProtocolHint, type Workload } from '../core/endpoint.js';
import type { Zone } from '../core/ids.js';
import type {
  Http2ClientParams,
  ProtocolHint as ProtocolHintMessage,
  TlsIdentity,
  WeightedAddr,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Metadata } from '../gen/io/linkerd/proxy/meta/meta.js';
import { toTcpAddress } from './address.js';
import { addWorkloadLabels } from './workload-labels.js';

/** Whom an endpoint is described to. */
export type Audience =
  /** Clients in this zone that choose among the endpoints of a service. */
  | { readonly kind: 'balancer'; readonly zone: Zone | undefined }
  /** A client that asked for this very address. */
  | { readonly kind: 'direct' };

/** An endpoint as its clients are told about it; `http2` is for those with a proxy. */
export function toWeightedAddr(
  endpoint: Endpoint,
  audience: Audience,
  http2: Http2ClientParams | undefined,
): WeightedAddr {
  const { ip, port, weight, workload, hint, gateway } = endpoint;
  return {
    addr: toTcpAddress(ip, port),
    weight,
    metricLabels: metricLabels(endpoint, audience),
    tlsIdentity: tlsIdentity(endpoint),
    protocolHint: hint === undefined ? undefined : toProtocolHint(hint),
    authorityOverride:
      gateway?.authority === undefined ? undefined : { authorityOverride: gateway.authority },
    http2: hint === undefined ? undefined : http2,
    resourceRef: workload === undefined ? undefined : toResourceRef(workload),
  };
}

/** The labels that proxies put on the metrics of requests to this endpoint, by Linkerd's names. */
function metricLabels({ workload, zone }: Endpoint, audience: Audience): Map<string, string> {
  const labels = new Map<string, string>();
  if (workload !== undefined) {
    if (audience.kind === 'direct') labels.set('namespace', workload.namespace);
    addWorkloadLabels(labels, workload);
    labels.set('zone', zone ?? '');
  }
  if (audience.kind === 'balancer') labels.set('zone_locality', localityOf(zone, audience.zone));
  return labels;
}

/** A port that passes by the sidecar is answered by somebody who has no certificate: without a hint, no identity. */
function tlsIdentity({ workload, hint, gateway }: Endpoint): TlsIdentity | undefined {
  if (hint === undefined) return undefined;
  if (gateway?.identity !== undefined) return dnsIdentity(gateway.identity, undefined);
  switch (workload?.kind) {
    case 'Pod':
      return workload.identity === undefined ? undefined : dnsIdentity(workload.identity, workload.identity);
    case 'ExternalWorkload':
      return {
        strategy: { $case: 'uriLikeIdentity', value: { uri: workload.identity } },
        serverName: { name: workload.serverName },
      };
    case undefined:
      return undefined;
  }
}

function dnsIdentity(name: string, serverName: string | undefined): TlsIdentity {
  return {
    strategy: { $case: 'dnsLikeIdentity', value: { name } },
    serverName: serverName === undefined ? undefined : { name: serverName },
  };
}

function toProtocolHint({ protocol, transportPort }: ProtocolHint): ProtocolHintMessage {
  return {
    protocol: protocol === 'unknown' ? undefined : { $case: protocol, value: {} },
    opaqueTransport: transportPort === undefined ? undefined : { inboundPort: transportPort },
  };
}

function toResourceRef({ kind, namespace, name }: Workload): Metadata {
  const group = kind === 'Pod' ? 'core' : 'workload.linkerd.io';
  return { kind: { $case: 'resource', value: { group, kind, name, namespace, section: '', port: 0 } } };
}
