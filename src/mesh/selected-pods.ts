import { arraysEqual } from '../core/equal.js';
import type { PodSelection } from '../core/resource.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { SelectedPod } from './selectable-pods.js';
import { type SelectedResource, type SelectedResources, selectionId } from './selected-resources.js';

/** What a selection comes to, whichever resource a pod is selected by. */
export interface SelectedPodSet {
  /** As of the resources: see `SelectedResourceSet`. */
  readonly exists: boolean;
  /** In whatever phase they are, each once. In the order of namespaces and names but for pods of several services. */
  readonly pods: readonly SelectedPod[];
}

/** The pods of the resources that are selected, at any time. */
export type SelectedPods = View<PodSelection, SelectedPodSet>;

export function createSelectedPods(engine: Engine, selectedResources: SelectedResources): SelectedPods {
  return new View<PodSelection, SelectedPodSet>(engine, {
    name: 'selected_pods',
    id: selectionId,
    equal: (a, b) => a.exists === b.exists && arraysEqual(a.pods, b.pods),
    derive(read, selection) {
      const { exists, resources } = read.view(selectedResources, selection);
      const [first = nothing, ...others] = resources;
      if (others.length === 0) return { exists, pods: first.pods };
      const pods = resources.flatMap((resource) => resource.pods);
      return { exists, pods: selection.kind === 'Service' ? [...new Set(pods)] : pods };
    },
  });
}

const nothing: Pick<SelectedResource, 'pods'> = { pods: [] };
