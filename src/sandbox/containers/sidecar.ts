import { type PortRange, includesPort, parsePortRanges } from '../../core/port-ranges.js';
import { fieldsAt, numberAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { Environment } from './environment.js';
import { tcpPorts } from './probe.js';
import type { Program } from './program.js';

/** How sidecars are told from other containers, and what runs in their place. */
export interface SidecarOptions {
  readonly program: Program;
  /** Label of pods that are in the mesh: `conduit.io/control-plane-ns`. */
  readonly meshedLabel: string;
  /** The name of a sidecar's container: `conduit-proxy`. */
  readonly containerName: string;
  /** Annotations of pods with ports whose traffic is not to be looked into: `config.conduit.io/opaque-ports`. */
  readonly opaquePortsAnnotations: readonly string[];
  /** Such ports of pods without the first of these annotations. */
  readonly defaultOpaquePorts: readonly PortRange[];
}

/** Of a meshed pod: bytes that its programs send elsewhere, as `PORT=AUTHORITY` separated by commas. */
export const outboundTcpAnnotation = 'sandbox.conduit.io/outbound-tcp';

/** The ports that linkerd2-proxy has, too. */
const outboundPort = 4140;
const controlPort = 4190;
const adminPort = 4191;

/** Whether a pod is in the mesh and has a container for its sidecar. */
export function hasSidecar(pod: KubeObject, { meshedLabel, containerName }: SidecarOptions): boolean {
  if (pod.metadata.labels?.[meshedLabel] === undefined) return false;
  const containers = [...recordsAt(pod, 'spec', 'containers'), ...recordsAt(pod, 'spec', 'initContainers')];
  return containers.some(({ name }) => name === containerName);
}

/**
 * Where a meshed pod's programs listen. There is no iptables to redirect anything: the sidecar has the pod's own address,
 * 127.64.0.10, and hands on to another one on the same machine, 127.128.0.10.
 */
export function programAddress(podIp: string): string {
  const [first, second, ...rest] = podIp.split('.');
  return [first, Number(second) + 64, ...rest].join('.');
}

/** The command line of a pod's sidecar: every TCP port that the pod's other containers declare comes in through it. */
export function sidecarArguments(given: {
  readonly pod: KubeObject;
  readonly ip: string;
  readonly options: SidecarOptions;
  /** The control plane's proxy-facing address: `127.0.0.1:8086`. */
  readonly destinationAddr: string;
}): readonly string[] {
  const { pod, ip, options, destinationAddr } = given;
  const { namespace: ns, name } = pod.metadata;
  const ports = recordsAt(pod, 'spec', 'containers')
    .filter((container) => container['name'] !== options.containerName)
    .flatMap(tcpPorts);
  const opaque = opaquePorts(pod, options);
  const flags: readonly (readonly [string, string])[] = [
    ...ports.map((port): readonly [string, string] => [
      includesPort(opaque, port) ? '--inbound-opaque' : '--inbound',
      `${ip}:${port}=${programAddress(ip)}:${port}`,
    ]),
    ['--outbound-addr', `${ip}:${outboundPort}`],
    ['--source-ip', ip],
    ...outboundTcp(pod).map(
      ({ port, authority }) => ['--outbound-tcp', `${ip}:${port}=${authority}`] as const,
    ),
    ['--control-addr', `${ip}:${controlPort}`],
    ['--admin-addr', `${ip}:${adminPort}`],
    ['--destination-addr', destinationAddr],
    ['--context-token', JSON.stringify({ ns, nodeName: textAt(pod, 'spec', 'nodeName'), pod: name })],
  ];
  return flags.flat();
}

function opaquePorts(pod: KubeObject, options: SidecarOptions): readonly PortRange[] {
  const { opaquePortsAnnotations, defaultOpaquePorts } = options;
  return opaquePortsAnnotations.flatMap((annotation, index) => {
    const text = pod.metadata.annotations?.[annotation];
    if (text === undefined) return index === 0 ? defaultOpaquePorts : [];
    return parsePortRanges(text, (name) => portsNamed(pod, name)).ranges;
  });
}

function portsNamed(pod: KubeObject, name: string): readonly number[] {
  return recordsAt(pod, 'spec', 'containers')
    .flatMap((container) => recordsAt(container, 'ports'))
    .filter((port) => port['name'] === name)
    .flatMap((port) => numberAt(port, 'containerPort') ?? []);
}

/** What tells the programs of a meshed pod how to reach others: through their sidecar. */
export function meshEnvironment(pod: KubeObject, ip: string): Environment {
  const tcp = outboundTcp(pod).map(({ port, authority }) => `${authority}=${ip}:${port}`);
  return {
    MESH_OUTBOUND: `http://${ip}:${outboundPort}`,
    ...(tcp.length > 0 && { MESH_OUTBOUND_TCP: tcp.join() }),
  };
}

function outboundTcp(pod: KubeObject): readonly { readonly port: number; readonly authority: string }[] {
  const text = textAt(fieldsAt(pod.metadata.annotations), outboundTcpAnnotation) ?? '';
  return text.split(',').flatMap((entry) => {
    const { port, authority } = /^\s*(?<port>\d+)=(?<authority>\S+)\s*$/.exec(entry)?.groups ?? {};
    return port === undefined || authority === undefined ? [] : [{ port: Number(port), authority }];
  });
}
