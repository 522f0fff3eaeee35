import process from 'node:process';
import { expect, test } from 'vitest';
import { claimPodNetwork } from '../../src/commands/pod-network.js';

test.skipIf(process.platform !== 'linux')(
  'no two sandboxes give the same addresses to their pods',
  async () => {
    const claims = [await claimPodNetwork(), await claimPodNetwork(), await claimPodNetwork()];
    const networks = claims.map((claim) => (claim.ok ? claim.network : claim.problem));
    expect(new Set(networks).size).toBe(3);
    for (const network of networks) expect(network).toMatch(/^127\.(6[4-9]|[78]\d|9[0-5])\.0\.0\/16$/);
  },
);
