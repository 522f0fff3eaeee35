import { fieldsAt, recordsAt, textAt } from '../store/field.js';
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
}

/** Of a meshed pod: bytes that its programs send elsewhere, as `PORT=AUTHORITY` separated by commas. */
export const outboundTcpAnnotation = 'sandbox.conduit.io/outbound-tcp';

/** The ports that linkerd2-proxy has, too. */
const outboundPort = 4140;
const adminPort = 4191;

/** The container of the pod that is a sidecar; undefined where the pod isn't in the mesh. */
export function sidecarName(
  pod: KubeObject,
  { meshedLabel, containerName }: SidecarOptions,
): string | undefined {
  if (pod.metadata.labels?.[meshedLabel] === undefined) return undefined;
  const containers = [...recordsAt(pod, 'spec', 'containers'), ...recordsAt(pod, 'spec', 'initContainers')];
  return containers.some(({ name }) => name === containerName) ? containerName : undefined;
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
export function sidecarArguments(options: {
  readonly pod: KubeObject;
  readonly sidecar: string;
  readonly ip: string;
  /** The control plane's proxy-facing address: `127.0.0.1:8086`. */
  readonly destinationAddr: string;
}): readonly string[] {
  const { pod, sidecar, ip, destinationAddr } = options;
  const ports = recordsAt(pod, 'spec', 'containers')
    .filter(({ name }) => name !== sidecar)
    .flatMap(tcpPorts);
  const flags: readonly (readonly [string, string])[] = [
    ...ports.map((port) => ['--inbound', `${ip}:${port}=${programAddress(ip)}:${port}`] as const),
    ['--outbound-addr', `${ip}:${outboundPort}`],
    ...outboundTcp(pod).map(
      ({ port, authority }) => ['--outbound-tcp', `${ip}:${port}=${authority}`] as const,
    ),
    ['--admin-addr', `${ip}:${adminPort}`],
    ['--destination-addr', destinationAddr],
  ];
  return flags.flat();
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
