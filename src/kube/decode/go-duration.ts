const unitNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  // Both the micro sign and the Greek letter mu.
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};

const part = /(?<whole>\d*)(?:\.(?<fraction>\d*))?(?<unit>ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Milliseconds of a duration in Go's notation (https://pkg.go.dev/time#ParseDuration): `300ms`, `-1.5h`, `2h45m`, `0`.
 * Fractions are kept. Undefined where it is none, or more than the 292 years that Go can count.
 */
export function parseGoDuration(text: string): number | undefined {
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  let ns = 0;
  let at = 0;
  while (at < unsigned.length || at === 0) {
    part.lastIndex = at;
    const { whole = '', fraction = '', unit = '' } = part.exec(unsigned)?.groups ?? {};
    if (whole === '' && fraction === '') return undefined;
    // Whole nanoseconds: 1.005 s are not a trillionth less.
    ns += Math.round(Number(`${whole}.${fraction || 0}`) * (unitNs[unit] ?? Number.NaN));
    at = part.lastIndex;
  }
  if (ns > maxNs) return undefined;
  const ms = ns / 1e6;
  return text.startsWith('-') && ms > 0 ? -ms : ms;
}

const maxNs = 2 ** 63;
