/** The scheme's port, where an authority names none. */
const defaultPort = 80;

/**
 * An authority as discovery is asked: in lower case, without a dot at the end of the name, with a port. Undefined where it
 * is none.
 */
export function normalAuthority(text: string): string | undefined {
  const parts = splitAuthority(text.toLowerCase());
  return parts && `${parts.host.replace(/\.$/, '')}:${parts.port}`;
}

/** `host` keeps the brackets of an IPv6 address. */
export function splitAuthority(text: string): { readonly host: string; readonly port: number } | undefined {
  const { host, port: portText } =
    /^(?<host>\[[0-9a-f:.]+\]|[^:[\]/@?#\s]+)(?::(?<port>\d{0,5}))?$/i.exec(text)?.groups ?? {};
  if (host === undefined || host === '.') return undefined;
  const port = portText === undefined || portText === '' ? defaultPort : Number(portText);
  return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** As metrics show it: the default port is left out, as linkerd2-proxy does. */
export function shortAuthority(authority: string): string {
  return authority.endsWith(`:${defaultPort}`) ? authority.slice(0, -`:${defaultPort}`.length) : authority;
}
