/** What was logged for people to read, each line as `level: message`; what is for developers is left out. */
export function said(lines: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return lines
    .filter(({ level }) => level !== 'debug')
    .map(({ level, msg }) => `${String(level)}: ${String(msg)}`);
}
