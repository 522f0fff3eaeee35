// The ports are part of the product: sidecars, Prometheus and manifests are configured with them. Port 0 takes any
// free one, for tests.
export const proxyApiPort = 8086;
export const apiPort = 8085;
export const adminPort = 9990;
/** Where sidecars let requests be tapped; linkerd2-proxy's. */
export const sidecarTapPort = 4190;
