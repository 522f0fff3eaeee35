import type { Endpoint, ProtocolHint, Workload } from '../core/endpoint.js';
import type { Zone } from '../core/ids.js';
import type {
  ProtocolHint as ProtocolHintMessage,
  TlsIdentity,
  WeightedAddr,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Metadata } from '../gen/io/linkerd/proxy/meta/meta.js';
import { toTcpAddress } from './address.js';

/** An endpoint as a client in `clientZone` is told about it. */
export function toWeightedAddr(endpoint: Endpoint, clientZone: Zone | undefined): WeightedAddr {
  const { ip, port, weight, workload, hint } = endpoint;
  return {
    addr: toTcpAddress(ip, port),
    weight,
    metricLabels: metricLabels(endpoint, clientZone),
    // A port that passes by the sidecar is answered by somebody who has no certificate.
    tlsIdentity:
      hint === undefined || workload?.identity === undefined ? undefined : toTlsIdentity(workload.identity),
    protocolHint: hint === undefined ? undefined : toProtocolHint(hint),
    authorityOverride: undefined,
    http2: undefined,
    resourceRef: workload === undefined ? undefined : toResourceRef(workload),
  };
}

/** The labels that proxies put on the metrics of requests to this endpoint, by Linkerd's names. */
function metricLabels({ workload, zone }: Endpoint, clientZone: Zone | undefined): Map<string, string> {
  const labels = new Map<string, string>();
  if (workload !== undefined) {
    labels.set('pod', workload.pod);
    labels.set(ownerLabel(workload.owner.kind), workload.owner.name);
    labels.set('serviceaccount', workload.serviceAccount);
    if (workload.controlPlaneNamespace !== undefined) {
      labels.set('control_plane_ns', workload.controlPlaneNamespace);
    }
    if (workload.podTemplateHash !== undefined) labels.set('pod_template_hash', workload.podTemplateHash);
    labels.set('zone', zone ?? '');
  }
  labels.set('zone_locality', locality(zone, clientZone));
  return labels;
}

function ownerLabel(kind: string): string {
  // `job` is what Prometheus calls the scrape that a series came from.
  return kind === 'Job' ? 'k8s_job' : kind.toLowerCase();
}

function locality(zone: Zone | undefined, clientZone: Zone | undefined): 'local' | 'remote' | 'unknown' {
  if (zone === undefined || clientZone === undefined) return 'unknown';
  return zone === clientZone ? 'local' : 'remote';
}

function toTlsIdentity(name: string): TlsIdentity {
  return { strategy: { $case: 'dnsLikeIdentity', value: { name } }, serverName: { name } };
}

function toProtocolHint({ protocol, transportPort }: ProtocolHint): ProtocolHintMessage {
  return {
    protocol: protocol === 'unknown' ? undefined : { $case: protocol, value: {} },
    opaqueTransport: transportPort === undefined ? undefined : { inboundPort: transportPort },
  };
}

function toResourceRef({ namespace, pod }: Workload): Metadata {
  const value = { group: 'core', kind: 'Pod', name: pod, namespace, section: '', port: 0 };
  return { kind: { $case: 'resource', value } };
}
