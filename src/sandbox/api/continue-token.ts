/** Where the next page of a list starts. */
export interface ContinueToken {
  /** The version that all pages show; undefined: whatever is the latest. */
  readonly version: number | undefined;
  /** The key of the last object of the page before. */
  readonly after: string;
}

/** Opaque to clients: they hand it back as it is. */
export function encodeContinueToken({ version, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: version ?? -1, after })).toString('base64url');
}

export function parseContinueToken(text: string): ContinueToken | undefined {
  const parsed = parseJson(Buffer.from(text, 'base64url').toString());
  if (typeof parsed !== 'object' || parsed === null || !('v' in parsed) || !('after' in parsed))
    return undefined;
  const { v, after } = parsed;
  if (typeof v !== 'number' || !Number.isSafeInteger(v) || typeof after !== 'string') return undefined;
  return { version: v < 0 ? undefined : v, after };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
