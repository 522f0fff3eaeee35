/** The names, on Kubernetes objects, that bear the mesh's domain. */
export interface MeshLabels {
  /** Label of a pod with a sidecar: the namespace of its control plane. */
  readonly controlPlaneNamespace: string;
  /** Annotation: ports whose traffic is to be taken for bytes. */
  readonly opaquePorts: string;
  /** Annotation: ports whose inbound traffic passes by the sidecar. */
  readonly skipInboundPorts: string;
  /** The sidecar's container; also the port of an external workload that its proxy listens on. */
  readonly proxyContainer: string;
  /** Label of backends that a service mirror keeps: the other cluster's name. */
  readonly mirrorCluster: string;
  /** Annotation of the same: the service's full DNS name in the other cluster. */
  readonly mirrorRemoteService: string;
  /** Annotation of the same: the identity that the other cluster's gateway proves. */
  readonly mirrorGatewayIdentity: string;
}

/** `domain` is `conduit.io`, or `linkerd.io` for workloads that Linkerd injected. */
export function meshLabels(domain: string): MeshLabels {
  return {
    controlPlaneNamespace: `${domain}/control-plane-ns`,
    opaquePorts: `config.${domain}/opaque-ports`,
    skipInboundPorts: `config.${domain}/skip-inbound-ports`,
    proxyContainer: `${domain.split('.')[0]}-proxy`,
    mirrorCluster: `mirror.${domain}/cluster-name`,
    mirrorRemoteService: `mirror.${domain}/remote-svc-fq-name`,
    mirrorGatewayIdentity: `mirror.${domain}/remote-gateway-identity`,
  };
}
