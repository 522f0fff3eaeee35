import { type NodeName, nodeName } from './ids.js';

/** What a proxy says about itself in a lookup. Nothing of it is proven: it may choose an answer, never grant one. */
export interface ContextToken {
  /** The namespace of the proxy's pod. */
  readonly namespace: string | undefined;
  readonly nodeName: NodeName | undefined;
  /** For log lines only. */
  readonly pod: string | undefined;
}

const empty: ContextToken = { namespace: undefined, nodeName: undefined, pod: undefined };

/** A token holds three Kubernetes names; one that is longer than this is not read. */
const maxLength = 4_096;

/**
 * Reads the `context_token` that an injector gave the proxy: a JSON object with `ns`, `nodeName` and `pod`, each
 * optional, names in any case, other fields ignored; or the older form `ns:<namespace>`. A token in neither form, or
 * with a field of another type than string, says nothing and harms nothing: lookups without a token are legal.
 */
export function parseContextToken(text: string): ContextToken {
  if (text === '' || text.length > maxLength) return empty;
  const fields = stringFields(text);
  if (fields === undefined) {
    const [prefix, namespace, ...more] = text.split(':');
    return prefix === 'ns' && namespace !== undefined && more.length === 0
      ? { ...empty, namespace: toName(namespace.trim()) }
      : empty;
  }
  const node = toName(fields.get('nodename'));
  return {
    namespace: toName(fields.get('ns')),
    nodeName: node === undefined ? undefined : nodeName(node),
    pod: toName(fields.get('pod')),
  };
}

function stringFields(text: string): ReadonlyMap<string, string> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed)) {
    const key = name.toLowerCase();
    if (key !== 'ns' && key !== 'nodename' && key !== 'pod') continue;
    if (typeof value !== 'string') return undefined;
    fields.set(key, value);
  }
  return fields;
}

/** Longer ones name nothing in Kubernetes, and needn't be remembered. */
const maxNameLength = 253;

function toName(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text.length > maxNameLength ? undefined : text;
}
