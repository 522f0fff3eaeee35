import type { Shape } from '../store/shapes/shape.js';

/** The OpenAPI schema of a shape. */
export function schemaOf(shape: Shape): Readonly<Record<string, unknown>> {
  switch (shape.kind) {
    case 'text':
      return { type: 'string' };
    case 'number':
      return { type: 'number' };
    case 'flag':
      return { type: 'boolean' };
    case 'number-or-text':
      return { 'x-kubernetes-int-or-string': true };
    case 'open':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(shape.value) };
    case 'object':
      return {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(shape.fields).map(([name, field]) => [name, schemaOf(field)]),
        ),
        ...(shape.open && { 'x-kubernetes-preserve-unknown-fields': true }),
      };
    case 'list':
      return { type: 'array', items: schemaOf(shape.member), ...patchOf(shape.merge) };
  }
}

function patchOf(merge: Extract<Shape, { kind: 'list' }>['merge']): Readonly<Record<string, unknown>> {
  switch (merge.kind) {
    case 'replace':
      return {};
    case 'by-key':
      return { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': merge.key };
    case 'set':
      return { 'x-kubernetes-patch-strategy': 'merge' };
  }
}
