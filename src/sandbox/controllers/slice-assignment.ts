import { type Fields, recordsAt, textAt } from '../store/field.js';
import { jsonEqual } from '../store/immutable.js';
import type { KubeObject } from '../store/object.js';
import { canonical } from './pod-template.js';

/** Endpoints that listen on the same ports, as they are to stand in EndpointSlices. */
export interface SliceGroup {
  readonly ports: readonly Fields[];
  readonly endpoints: readonly Fields[];
}

/** What one EndpointSlice is to hold. */
export interface SliceContent extends SliceGroup {
  /** The present slice to write it to; undefined where a further one is needed. */
  readonly slice: KubeObject | undefined;
}

/** As many as the controllers of Kubernetes put into one slice. */
const maxEndpoints = 100;

/**
 * Spreads endpoints over slices with as few writes as can be: an endpoint stays in its slice as long as it exists, and
 * further ones go to slices that change anyway, then to one that has room for all of them, then to new slices. Present
 * slices that the result doesn't mention are no longer needed. There is always at least one slice, if an empty one.
 */
export function assignSlices(
  groups: readonly SliceGroup[],
  present: readonly KubeObject[],
): readonly SliceContent[] {
  const contents = groups.flatMap((group) => {
    const key = canonical(group.ports);
    return assignGroup(
      group,
      present.filter((slice) => canonical(recordsAt(slice, 'ports')) === key),
    );
  });
  const wanted = contents.length > 0 ? contents : [{ slice: undefined, ports: [], endpoints: [] }];
  // A slice that has served its purpose serves another, in place of a delete and a create.
  const spare = present.filter((slice) => !contents.some((content) => content.slice === slice));
  return wanted.map((content) => (content.slice ? content : { ...content, slice: spare.shift() }));
}

function assignGroup(
  { ports, endpoints }: SliceGroup,
  present: readonly KubeObject[],
): readonly SliceContent[] {
  const missing = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const kept = present.map((slice) => {
    const before = recordsAt(slice, 'endpoints');
    const after = before.flatMap((endpoint): Fields[] => {
      const id = identity(endpoint);
      const wanted = missing.get(id);
      missing.delete(id);
      return wanted ? [wanted] : [];
    });
    return { slice, endpoints: after, isChanged: !jsonEqual(before, after) };
  });
  const populated = kept.filter((content) => content.endpoints.length > 0);
  const rest = [...missing.values()];

  // The fullest first: few slices with much in them rather than many with little.
  const changing = populated.filter(({ isChanged }) => isChanged);
  changing.sort((left, right) => right.endpoints.length - left.endpoints.length);
  for (const content of changing)
    content.endpoints.push(...rest.splice(0, maxEndpoints - content.endpoints.length));

  const excess = rest.length % maxEndpoints;
  const roomy = populated
    .filter((content) => content.endpoints.length + excess <= maxEndpoints)
    .sort((left, right) => right.endpoints.length - left.endpoints.length);
  roomy[0]?.endpoints.push(...rest.splice(0, excess));

  const further = Array.from({ length: Math.ceil(rest.length / maxEndpoints) }, (_, index) => ({
    slice: undefined,
    ports,
    endpoints: rest.slice(index * maxEndpoints, (index + 1) * maxEndpoints),
  }));
  return [
    ...populated.map((content) => ({ slice: content.slice, ports, endpoints: content.endpoints })),
    ...further,
  ];
}

/** What makes two entries the same backend: a change of anything else is a change of the entry. */
function identity(endpoint: Fields): string {
  const address = textAt(endpoint, 'addresses', 0) ?? '';
  return `${address} ${textAt(endpoint, 'targetRef', 'uid') ?? ''} ${textAt(endpoint, 'hostname') ?? ''}`;
}
