/** From `start` to before `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Where `list` isn't what `other` is, by identity: what stands before and after that range stands in both, at the same
 * distance from the start and from the end. Of two lists that share most of their elements it tells at next to no cost.
 */
export function changedRange<T>(list: readonly T[], other: readonly T[]): Range {
  const shorter = Math.min(list.length, other.length);
  let start = 0;
  while (start < shorter && list[start] === other[start]) start++;
  let end = list.length;
  let otherEnd = other.length;
  while (end > start && otherEnd > start && list[end - 1] === other[otherEnd - 1]) {
    end--;
    otherEnd--;
  }
  return { start, end };
}
