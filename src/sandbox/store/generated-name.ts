import { createHash } from 'node:crypto';

/**
 * A name that begins with `prefix`. It ends in five characters as Kubernetes appends them, without vowels, so that no words
 * arise; they follow from `uid`.
 */
export function generatedName(prefix: string, uid: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  const digest = createHash('sha256').update(uid).digest();
  const suffix = [...digest.subarray(0, 5)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return `${prefix.slice(0, 58)}${suffix}`;
}
