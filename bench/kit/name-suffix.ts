const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** An ending as Kubernetes generates it for names, five characters by default: another one for each index. */
export function nameSuffix(index: number, length = 5): string {
  // A factor that shares no divisor with the number of such endings gives each index its own.
  let rest = (index * 7_368_787 + 1_299_709) % alphabet.length ** length;
  let suffix = '';
  for (let place = 0; place < length; place++) {
    suffix += alphabet[rest % alphabet.length];
    rest = Math.floor(rest / alphabet.length);
  }
  return suffix;
}
