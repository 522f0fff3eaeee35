import type { AccessRequest, AccessVerdict, UserInfo } from '../api/review.js';
import * as kinds from '../controllers/kinds.js';
import { type Fields, listAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { Store } from '../store/store.js';

/**
 * What the Roles and bindings of a store allow. Aggregated ClusterRoles are taken as they stand, and none is there that
 * nobody created: no `cluster-admin`, no `view`.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export function reviewByRbac(store: Store, request: AccessRequest): AccessVerdict {
  const { user } = request;
  if (user.groups?.includes('system:masters')) {
    return { allowed: true, reason: 'system:masters may do everything' };
  }
  const namespace = request.resource?.namespace ?? '';
  const bindings = [
    ...store.list(kinds.clusterRoleBindings),
    ...(namespace === '' ? [] : store.list(kinds.roleBindings, namespace)),
  ];
  const missing: string[] = [];
  for (const binding of bindings) {
    if (!recordsAt(binding, 'subjects').some((subject) => isSubject(subject, user))) continue;
    const role = roleOf(store, binding);
    if (role.object === undefined) missing.push(`${role.title} not found`);
    else if (recordsAt(role.object, 'rules').some((rule) => allows(rule, request))) {
      return { allowed: true, reason: `RBAC: allowed by ${titleOf(binding)} of ${role.title}` };
    }
  }
  return { allowed: false, ...(missing.length > 0 && { reason: `RBAC: ${missing.join(', ')}` }) };
}

function isSubject(subject: Fields, user: UserInfo): boolean {
  const name = textAt(subject, 'name') ?? '';
  switch (subject['kind']) {
    case 'User':
      return name === user.username;
    case 'Group':
      return user.groups?.includes(name) === true;
    case 'ServiceAccount':
      return user.username === `system:serviceaccount:${textAt(subject, 'namespace') ?? ''}:${name}`;
    default:
      return false;
  }
}

function roleOf(
  store: Store,
  binding: KubeObject,
): { readonly title: string; readonly object: KubeObject | undefined } {
  const kind = textAt(binding, 'roleRef', 'kind') ?? '';
  const name = textAt(binding, 'roleRef', 'name') ?? '';
  const title = `${kind} "${name}"`;
  if (kind === 'ClusterRole') return { title, object: store.get(kinds.clusterRoles, undefined, name) };
  return { title, object: store.get(kinds.roles, binding.metadata.namespace, name) };
}

function titleOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return `${kind} "${namespace === undefined ? name : `${namespace}/${name}`}"`;
}

/** Whether a rule (rbac.authorization.k8s.io/v1 PolicyRule) grants what is asked. */
function allows(rule: Fields, { resource, nonResource }: AccessRequest): boolean {
  if (resource !== undefined) {
    const { verb, group, resource: plural, subresource, name } = resource;
    const names = listAt(rule, 'resourceNames');
    const wanted = subresource === '' ? [plural] : [`${plural}/${subresource}`, `*/${subresource}`];
    return (
      includes(rule, 'verbs', [verb]) &&
      includes(rule, 'apiGroups', [group]) &&
      includes(rule, 'resources', wanted) &&
      (names.length === 0 || names.includes(name))
    );
  }
  if (nonResource === undefined) return false;
  return includes(rule, 'verbs', [nonResource.verb]) && grantsPath(rule, nonResource.path);
}

/** Whether a list of a rule has one of the values, or all there are. */
function includes(rule: Fields, field: string, values: readonly string[]): boolean {
  return listAt(rule, field).some((one) => one === '*' || values.some((value) => value === one));
}

function grantsPath(rule: Fields, path: string): boolean {
  return listAt(rule, 'nonResourceURLs').some(
    (one) =>
      typeof one === 'string' && (one === path || (one.endsWith('*') && path.startsWith(one.slice(0, -1)))),
  );
}
