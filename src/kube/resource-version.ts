/**
 * Which of two resource versions is the later one: negative where `a` is older than `b`, 0 where they are equal,
 * positive where `a` is newer, and undefined where they can't be compared.
 *
 * Kubernetes serves versions as decimal integers of any length, increasing per resource, and declares them comparable
 * in this way (KEP-5504). Servers that aren't Kubernetes may use another form; such versions have no order.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!decimal.test(a) || !decimal.test(b)) return undefined;
  return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length;
}

const decimal = /^[1-9]\d*$/;
