import { createServer } from 'node:net';
import { listen } from '../runtime/listen.js';

/** Addresses of 127.0.0.0/8 that this process alone gives to pods, for as long as it lives. */
export type PodNetwork =
  | { readonly ok: true; readonly network: string }
  | { readonly ok: false; readonly problem: string };

/** 127.64.0.0/16 to 127.95.0.0/16. The second network of each, for programs behind a sidecar, is 64 further on. */
const firstOctet = 64;
const networks = 32;

/** The address that no pod ever has: it looks like a broadcast. The port is arbitrary. */
const claim = { hostEnd: '0.255', port: 4140 };

/**
 * Takes the first network that no other sandbox on this machine has, so that several can run side by side. Listening on an
 * address of it is the claim, which goes with the process, however that ends.
 */
export async function claimPodNetwork(): Promise<PodNetwork> {
  for (let second = firstOctet; second < firstOctet + networks; second += 1) {
    const server = createServer((socket) => socket.destroy());
    try {
      await listen(server, { host: `127.${second}.${claim.hostEnd}`, port: claim.port });
      server.unref();
      return { ok: true, network: `127.${second}.0.0/16` };
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') return { ok: false, problem: problemOf(error) };
    }
  }
  return { ok: false, problem: `${networks} sandboxes run on this machine already` };
}

function problemOf(error: unknown): string {
  return codeOf(error) === 'EADDRNOTAVAIL'
    ? 'this machine has no addresses for pods to listen on: Linux has all of 127.0.0.0/8, macOS has 127.0.0.1 alone'
    : String(error);
}

/** Of the error that `listen` wraps. */
function codeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
