import type { ControllerConfig } from '../config/flags.js';
import { describeProblem } from '../kube/cluster.js';
import { findCluster } from '../kube/find-cluster.js';
import { createLogger } from '../runtime/log.js';
import { createRegistry } from '../runtime/metrics.js';
import { startControlPlane } from './control-plane.js';
import { exitCode } from './exit.js';
import type { Io } from './io.js';
import { serveUntilStopped } from './serve.js';
import { packageVersion } from './version.js';

/** Runs the control plane over a cluster until it is told to stop. */
export async function run(config: ControllerConfig, io: Io): Promise<number> {
  const found = await findCluster({ kubeconfig: config.kubeconfig, context: config.context, env: io.env });
  if (!found.ok) {
    io.stderr.write(`conduit controller: ${describeProblem(found.problem)}\n`);
    return exitCode.usage;
  }
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  return serveUntilStopped({
    name: 'conduit controller',
    io,
    log,
    start: () =>
      startControlPlane({
        ...config,
        cluster: found.cluster,
        authorizesTap: true,
        log,
        registry: createRegistry({ version: packageVersion() }),
      }),
  });
}
