/** Ports from `from` to `to`, both included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface ParsedPortRanges {
  readonly ranges: readonly PortRange[];
  /** The items that make no sense, as they stand; the others count all the same. */
  readonly wrong: readonly string[];
}

/**
 * Parses a list of ports as mesh annotations and flags have them: items separated by commas, each a port, a range
 * `4000-4100`, or, where `portsOfName` is given, the name of one or several ports. White space and empty items don't
 * count.
 */
export function parsePortRanges(
  text: string,
  portsOfName: (name: string) => readonly number[] = () => [],
): ParsedPortRanges {
  const ranges: PortRange[] = [];
  const wrong: string[] = [];
  for (const item of text.split(',').map((each) => each.trim())) {
    if (item === '') continue;
    const range = parseRange(item);
    const named = range === undefined ? portsOfName(item) : [];
    if (range !== undefined) ranges.push(range);
    else if (named.length > 0) ranges.push(...named.map((port) => ({ from: port, to: port })));
    else wrong.push(item);
  }
  return { ranges, wrong };
}

export function includesPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ from, to }) => from <= port && port <= to);
}

function parseRange(text: string): PortRange | undefined {
  const { first, last } = /^(?<first>\d{1,5})(?:\s*-\s*(?<last>\d{1,5}))?$/.exec(text)?.groups ?? {};
  if (first === undefined) return undefined;
  const from = Number(first);
  const to = last === undefined ? from : Number(last);
  return from >= 1 && from <= to && to <= 65_535 ? { from, to } : undefined;
}
