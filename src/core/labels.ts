/** Labels of a Kubernetes object, by name. */
export type Labels = Readonly<Record<string, string>>;

/** A Kubernetes label selector (meta/v1 LabelSelector): all of its requirements have to hold. None: everything matches. */
export type LabelSelector = readonly LabelRequirement[];

export type LabelRequirement =
  /** The label has one of the values. */
  | { readonly kind: 'in'; readonly label: string; readonly values: readonly string[] }
  /** The label has none of the values, or isn't there. */
  | { readonly kind: 'not-in'; readonly label: string; readonly values: readonly string[] }
  | { readonly kind: 'exists'; readonly label: string }
  | { readonly kind: 'absent'; readonly label: string };

export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  return selector.every((requirement) => meets(labels, requirement));
}

function meets(labels: Labels, requirement: LabelRequirement): boolean {
  const { kind, label } = requirement;
  const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
  switch (kind) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'not-in':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}

/**
 * Terms to file a selector under, so that the selectors which may match an object are found without looking at all of
 * them: whatever matches the object is filed under one of the object's own terms.
 */
export function selectorTerms(selector: LabelSelector): readonly string[] {
  for (const requirement of selector) {
    if (requirement.kind === 'in') {
      return [...new Set(requirement.values)].map((value) => `${requirement.label}=${value}`);
    }
  }
  return [anyObject];
}

/** The terms under which selectors that may match an object with these labels are filed. */
export function labelTerms(labels: Labels): readonly string[] {
  return [anyObject, ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)];
}

const anyObject = '*';
