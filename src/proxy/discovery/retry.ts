/**
 * The longest pause between two attempts to hear from the control plane: linkerd2-proxy's figure for one on loopback.
 * What happens in the cluster meanwhile is not known, so it must not be long.
 */
export const maxRetryMs = 10_000;
