/** The labels, on Kubernetes objects, that bear the mesh's domain. */
export interface MeshLabels {
  /** On a pod with a sidecar: the namespace of its control plane. */
  readonly controlPlaneNamespace: string;
}

/** `domain` is `conduit.io`, or `linkerd.io` for workloads that Linkerd injected. */
export function meshLabels(domain: string): MeshLabels {
  return { controlPlaneNamespace: `${domain}/control-plane-ns` };
}
