/** What a path regex compiles to. */
export type PathPattern =
  | { readonly ok: true; readonly matches: (path: string) => boolean }
  | { readonly ok: false; readonly problem: string };

/**
 * Compiles the path regex of a profile, which is written in the syntax of Rust's regex crate and must match the whole
 * path, its query excluded.
 *
 * JavaScript's syntax is almost a superset. Translated: `\A` and `\z`, `(?P<name>…)`, flags at the start (`(?i)`, `(?s)`),
 * `(?x)` not. Classes such as `[[:alpha:]]`, `\pL` without braces and nested classes are not JavaScript and make the
 * pattern unusable. Two things differ without a sign: JavaScript backtracks, so a pattern can be slow where Rust's never
 * is, and `\d`, `\w` and `\s` mean ASCII here, where Rust's mean Unicode; paths on the wire are ASCII.
 */
export function compilePath(regex: string): PathPattern {
  const { flags = '', body = '' } = /^(?:\(\?(?<flags>[ismUux]+)\))?(?<body>.*)$/s.exec(regex)?.groups ?? {};
  if (/[Ux]/.test(flags)) return { ok: false, problem: `flags (?${flags}) are not supported` };
  const posix = /\[\[:\^?[a-z]+:\]/.exec(body);
  if (posix !== null) return { ok: false, problem: `${posix[0]} is not supported` };
  const source = body
    .replaceAll(/\\([Az])/g, (_, anchor: string) => (anchor === 'A' ? '^' : '$'))
    .replaceAll('(?P<', '(?<');
  try {
    const kept = [...new Set(flags)].filter((flag) => flag !== 'u').join('');
    const pattern = new RegExp(`^(?:${source})$`, `${kept}u`);
    return { ok: true, matches: (path) => pattern.test(path) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}
