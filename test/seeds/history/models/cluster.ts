import type { KubeObject } from '../step.js';
import { zones } from '../vocabulary.js';
import { type Fields, type Identity, type Owner, metadata } from './model.js';

export interface NodeModel {
  readonly zone: string | undefined;
}

export const nodeFields: Fields<NodeModel> = {
  zone: (random) => random.pick([...zones, ...zones, undefined, '']),
};

export function renderNode({ name, version }: Identity, { zone }: NodeModel): KubeObject {
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, resourceVersion: `${version}`, labels } };
}

export interface ControllerModel {
  readonly owners: readonly Owner[];
}

export const controllerFields: Fields<ControllerModel> = {
  owners: (random) =>
    random.pick<readonly Owner[]>([
      [],
      [{ kind: 'Deployment', name: 'front' }],
      [{ kind: 'Deployment', name: 'back' }],
      [{ kind: 'CronJob', name: 'nightly' }],
      [{ kind: 'Rollout', name: 'canary' }],
      [{ kind: 'Job', name: 'one' }],
      [
        { kind: 'Deployment', name: 'front' },
        { kind: 'Deployment', name: 'back' },
      ],
    ]),
};

export function renderController(kind: string, identity: Identity, { owners }: ControllerModel): KubeObject {
  return { kind, metadata: metadata(identity, { owners }) };
}
