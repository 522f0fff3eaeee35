import { formatNumber } from './statistics.js';

/** Says whether a measured value is where it should be. A miss is a finding, not a failure: machines differ. */
export function printTarget(
  what: string,
  value: number,
  target: { readonly atMost: number } | { readonly atLeast: number },
  unit = '',
): void {
  const [met, bound] =
    'atMost' in target
      ? [value <= target.atMost, `<= ${target.atMost}`]
      : [value >= target.atLeast, `>= ${target.atLeast}`];
  console.log(`target ${what} ${bound}${unit}: ${formatNumber(value)}${unit}, ${met ? 'met' : 'missed'}`);
}
