const quantity =
  /^(?<sign>[-+]?)(?<mantissa>\d+(?:\.\d*)?|\.\d+)(?:(?<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?<exponent>[-+]?\d+))?$/;

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/**
 * A Kubernetes quantity as a number: `0.5`, `500m`, `1k`, `2Ki`, `1e3`
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/). Undefined where it is none; infinite
 * beyond what a number holds.
 */
export function parseQuantity(text: string): number | undefined {
  const { sign, mantissa, suffix = '', exponent } = quantity.exec(text)?.groups ?? {};
  if (mantissa === undefined) return undefined;
  const decimal = exponent ?? decimalExponents[suffix] ?? 0;
  const size = Number(`${mantissa}e${decimal}`) * 2 ** (binaryExponents[suffix] ?? 0);
  return sign === '-' && size > 0 ? -size : size;
}
