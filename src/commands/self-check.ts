import { type CheckResult, CheckStatus } from '../gen/conduit/api/v1/api.js';
import type { WatchStatus } from '../kube/watch-status.js';
import type { Mesh } from '../mesh/mesh.js';
import type { Reporters } from '../telemetry/reporters.js';
import { readiness } from './readiness.js';

export interface SelfCheckSources {
  readonly watches: () => readonly WatchStatus[];
  readonly mesh: Pick<Mesh, 'selectedPods'>;
  /** Undefined where this process takes no part in telemetry. */
  readonly reporters: Reporters | undefined;
  readonly nowMs: () => number;
}

/** Whether the control plane is well: every watch, and whether the mesh's proxies report. */
export function selfCheck({ watches, mesh, reporters, nowMs }: SelfCheckSources): readonly CheckResult[] {
  const { conditions } = readiness(watches(), false, nowMs());
  const kubernetes = conditions
    .filter(({ name }) => name.startsWith('watch '))
    .map(({ name, ok, detail }) => ({
      subsystem: 'kubernetes',
      description: name.replace(/^watch /, 'watch of '),
      status: ok ? CheckStatus.OK : CheckStatus.WARNING,
      text: ok ? '' : detail,
    }));
  return reporters === undefined ? kubernetes : [...kubernetes, reportsCheck(mesh, reporters)];
}

function reportsCheck(mesh: SelfCheckSources['mesh'], reporters: Reporters): CheckResult {
  const everyPod = { kind: 'Pod', namespace: undefined, name: undefined, labels: [] } as const;
  const meshed = mesh.selectedPods
    .read(everyPod)
    .pods.filter(({ isMeshed, phase }) => isMeshed && phase === 'running');
  const silent = meshed.filter(({ id }) => reporters.get(id) === undefined);
  const examples = silent.slice(0, 5).map(({ id }) => id);
  return {
    subsystem: 'telemetry',
    description: 'reports of the sidecars',
    status: silent.length === 0 ? CheckStatus.OK : CheckStatus.WARNING,
    text:
      silent.length === 0
        ? ''
        : `${silent.length} of ${meshed.length} have not reported to this replica: ${examples.join(', ')}${silent.length > examples.length ? ', …' : ''}`,
  };
}
