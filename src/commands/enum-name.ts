/** `not-ready` for NOT_READY: an enumerator as the JSON of commands has it; `unknown` for one of a newer server. */
export function enumName(enumeration: Readonly<Record<string, number>>, value: number): string {
  const [name] = Object.entries(enumeration).find(([, number]) => number === value) ?? [];
  return name === undefined ? 'unknown' : name.toLowerCase().replaceAll('_', '-');
}
