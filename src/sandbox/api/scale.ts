import { fieldsAt, numberAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import { labelSelectorText } from '../store/selector-text.js';

/** The replicas of an object by themselves: autoscaling/v1 Scale. */
export function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = labelSelectorText(fieldsAt(object, 'spec', 'selector'));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    spec: { replicas: numberAt(object, 'spec', 'replicas') ?? 0 },
    status: {
      replicas: numberAt(object, 'status', 'replicas') ?? 0,
      ...(selector !== '<none>' && { selector }),
    },
  };
}

/** What to write for a Scale that a client sends: an object whose spec holds nothing but the replicas. */
export function scaledObject(type: ResourceType, scale: KubeObject): KubeObject {
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  return { ...scale, kind: type.kind, spec: { replicas } };
}
