import type { FieldProblem } from './problem.js';
import type { ResourceType } from './resource-type.js';

/**
 * What the API server answers where it has no object to give: meta/v1 Status. Reasons and codes are those of
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go
 */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  /** `continue` where an expired list can go on from there. */
  readonly metadata: { readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  /** The HTTP status code. */
  readonly code: number;
}

export type StatusReason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType';

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** The plural for most reasons, the kind itself for `Invalid`: so does Kubernetes. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  /** The path of the field at fault: `spec.ports[0].port`. */
  readonly field?: string;
}

export function failure(options: {
  readonly code: number;
  readonly reason?: StatusReason;
  readonly message: string;
  readonly details?: StatusDetails;
}): Status {
  const { code, reason, message, details } = options;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    code,
  };
}

/** `deployments.apps`, or `pods` for the core group: how messages name a resource. */
export function qualifiedPlural(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

function detailsOf(type: ResourceType, name: string): StatusDetails {
  return { name, ...(type.group !== '' && { group: type.group }), kind: type.plural };
}

export function notFound(type: ResourceType, name: string): Status {
  return failure({
    code: 404,
    reason: 'NotFound',
    message: `${qualifiedPlural(type)} "${name}" not found`,
    details: detailsOf(type, name),
  });
}

export function alreadyExists(type: ResourceType, name: string): Status {
  return failure({
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualifiedPlural(type)} "${name}" already exists`,
    details: detailsOf(type, name),
  });
}

/** The write was based on a version of the object that is no longer the current one. */
export function conflict(type: ResourceType, name: string, cause: string): Status {
  return failure({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualifiedPlural(type)} "${name}": ${cause}`,
    details: detailsOf(type, name),
  });
}

export function forbidden(
  type: ResourceType,
  name: string,
  cause: string,
  causes?: readonly StatusCause[],
): Status {
  return failure({
    code: 403,
    reason: 'Forbidden',
    message: `${qualifiedPlural(type)} "${name}" is forbidden: ${cause}`,
    details: { ...detailsOf(type, name), ...(causes && { causes }) },
  });
}

export function badRequest(message: string): Status {
  return failure({ code: 400, reason: 'BadRequest', message });
}

/** The version asked for is no longer kept: the client must list again. */
export function expired(message: string): Status {
  return failure({ code: 410, reason: 'Expired', message });
}

/** 422: `Deployment.apps "web" is invalid: spec.selector: Required value`. There is at least one problem. */
export function invalid(type: ResourceType, name: string, problems: readonly FieldProblem[]): Status {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  return failure({
    code: 422,
    reason: 'Invalid',
    message: `${kind} "${name}" is invalid: ${texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`}`,
    details: {
      name,
      ...(type.group !== '' && { group: type.group }),
      kind: type.kind,
      causes: problems.map(({ field, reason, message }) => ({ reason, message, field })),
    },
  });
}
