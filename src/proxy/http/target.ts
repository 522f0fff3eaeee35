/** Where a request goes, by its first line and its Host. */
export interface RequestTarget {
  readonly scheme: string;
  /** `host[:port]`, empty where nothing says. */
  readonly authority: string;
  /** In origin form; `*`; empty for CONNECT. */
  readonly path: string;
}

/** The four forms of RFC 9112, section 3.2. Undefined for anything else. */
export function parseTarget(
  method: string,
  target: string,
  host: string | undefined,
): RequestTarget | undefined {
  if (method === 'CONNECT') {
    return isAuthority(target) ? { scheme: 'http', authority: target, path: '' } : undefined;
  }
  if (target.startsWith('/') || target === '*') {
    const authority = host ?? '';
    return authority === '' || isAuthority(authority)
      ? { scheme: 'http', authority, path: target }
      : undefined;
  }
  const absolute = /^(?<scheme>[a-z][-a-z0-9+.]*):\/\/(?<authority>[^/?#]*)(?<rest>[^#]*)$/i.exec(
    target,
  )?.groups;
  const { scheme, authority, rest = '' } = absolute ?? {};
  if (scheme === undefined || authority === undefined) return undefined;
  // RFC 9110, section 4.2.4: credentials in a target are a way to mislead, and are not sent on.
  const named = authority.slice(authority.lastIndexOf('@') + 1);
  if (!isAuthority(named)) return undefined;
  // RFC 9112, section 3.2.4: OPTIONS without a path means the server itself.
  const path = rest === '' && method === 'OPTIONS' ? '*' : rest.startsWith('/') ? rest : `/${rest}`;
  return { scheme: scheme.toLowerCase(), authority: named, path };
}

/** `host`, `host:port` or `[v6]:port`, of characters that none of them needs to be escaped for. */
function isAuthority(text: string): boolean {
  return /^(?:\[[0-9a-f:.]+\]|[-a-z0-9._~!$&'()*+,;=%]+)(?::\d{0,5})?$/i.test(text);
}
