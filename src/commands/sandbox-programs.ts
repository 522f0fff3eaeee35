import { fileURLToPath } from 'node:url';
import type { PortRange } from '../core/port-ranges.js';
import { meshLabels } from '../kube/decode/mesh-labels.js';
import { PodRuntime } from '../sandbox/containers/pod-runtime.js';
import type { Programs } from '../sandbox/containers/program.js';
import type { SidecarOptions } from '../sandbox/containers/sidecar.js';

/** Whether pods of the mesh get a sidecar that runs. Without, their programs listen on the pods' own addresses. */
const runsSidecars: boolean = true;

/** A file of the package, which is two folders up from src/commands as from dist/commands. */
function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

const cornerShop = ['catalog', 'mail', 'orders', 'shoppers', 'stock', 'web'];

/** The example's programs, by the image that stands for each. */
const programs: Programs = new Map(
  cornerShop.map((name) => [
    `conduit/corner-shop-${name}`,
    { file: packageFile(`dist/examples/${name}.js`), args: [] },
  ]),
);

export function createPodRuntime({
  meshDomain,
  defaultOpaquePorts,
}: {
  readonly meshDomain: string;
  readonly defaultOpaquePorts: readonly PortRange[];
}): PodRuntime {
  const labels = meshLabels(meshDomain);
  const sidecar: SidecarOptions = {
    program: { file: packageFile('bin/conduit'), args: ['proxy'] },
    meshedLabel: labels.controlPlaneNamespace,
    containerName: labels.proxyContainer,
    opaquePortsAnnotations: [labels.opaquePorts, labels.skipInboundPorts],
    defaultOpaquePorts,
  };
  return new PodRuntime({ programs, sidecar: runsSidecars ? sidecar : undefined });
}
