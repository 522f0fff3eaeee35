import { fieldsAt, isFields, recordsAt, stringMapAt, textAt } from '../field.js';
import type { KubeObject } from '../object.js';

/** What the API server fills in for the kinds that configure a cluster. */

/** Every namespace carries its own name as a label, for selectors to name it by. */
export function namespaceDefaults(namespace: KubeObject): KubeObject {
  const { metadata } = namespace;
  return {
    ...namespace,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name },
    },
    status: { phase: 'Active', ...fieldsAt(namespace, 'status') },
  };
}

/** Text in `stringData` is written to `data`, in base64, and never read back. */
export function secretDefaults(secret: KubeObject): KubeObject {
  const { stringData: _, ...rest } = secret;
  const encoded = Object.entries(stringMapAt(secret, 'stringData')).map(
    ([key, text]) => [key, Buffer.from(text).toString('base64')] as const,
  );
  return {
    ...rest,
    type: textAt(secret, 'type') ?? 'Opaque',
    ...(encoded.length > 0 && { data: { ...fieldsAt(secret, 'data'), ...Object.fromEntries(encoded) } }),
  };
}

export function bindingDefaults(binding: KubeObject): KubeObject {
  const group = 'rbac.authorization.k8s.io';
  const role = fieldsAt(binding, 'roleRef');
  const subjects = recordsAt(binding, 'subjects').map((subject) => {
    const named = subject['kind'] === 'User' || subject['kind'] === 'Group';
    return { ...(named && { apiGroup: group }), ...subject };
  });
  return {
    ...binding,
    ...(role && { roleRef: { apiGroup: group, ...role } }),
    ...(Array.isArray(binding['subjects']) && { subjects }),
  };
}

export function definitionDefaults(definition: KubeObject): KubeObject {
  const spec = fieldsAt(definition, 'spec');
  const names = fieldsAt(spec, 'names');
  const kind = textAt(names, 'kind');
  if (!isFields(spec) || !names || kind === undefined) return definition;
  return {
    ...definition,
    spec: {
      conversion: { strategy: 'None' },
      ...spec,
      names: { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names },
    },
  };
}
