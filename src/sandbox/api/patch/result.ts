/** A patched document, or why the patch could not be applied. */
export type Patched =
  | { readonly ok: true; readonly value: unknown }
  /** `malformed`: no document could be patched with it. `inapplicable`: this one can't. */
  | { readonly ok: false; readonly kind: 'malformed' | 'inapplicable'; readonly problem: string };

export function patched(value: unknown): Patched {
  return { ok: true, value };
}

export function malformed(problem: string): Patched {
  return { ok: false, kind: 'malformed', problem };
}

export function inapplicable(problem: string): Patched {
  return { ok: false, kind: 'inapplicable', problem };
}
