import { type ConfigOf, configKey, envName, type Flag, type FlagTable } from './flag.js';
import { boolean } from './parsers.js';

/** What the command line gave, by flag name, before any parsing; undefined where a flag was not given. */
export type GivenFlags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Environment variables; one that is set to nothing counts as not set. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A setting that can't be read. */
export interface Problem {
  /** Where the user wrote it: `--api-addr` or `CONDUIT_API_ADDR`. */
  readonly source: string;
  readonly value: string;
  /** Completes the sentence "expected …". */
  readonly expected: string;
}

export type Loaded<Table extends FlagTable> =
  | { readonly ok: true; readonly config: ConfigOf<Table> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The configuration of a command. A flag of the command line wins over its environment variable, which wins over the
 * default. Everything is read before anything is judged: the result has all problems there are, in the order of the
 * table, or a frozen configuration.
 */
export function loadConfig<Table extends FlagTable>(
  table: Table,
  given: { readonly flags: GivenFlags; readonly env: Env },
): Loaded<Table> {
  const problems: Problem[] = [];
  const values = new Map<string, unknown>();
  for (const [name, flag] of Object.entries(table)) {
    const setting = findSetting(name, flag, given) ?? defaultSetting(name, flag);
    if (setting === undefined) continue;
    const read = readSetting(flag, setting);
    if (read.ok) values.set(name, read.value);
    else problems.push(...read.problems);
  }
  if (problems.length > 0) return { ok: false, problems };

  const config = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [configKey(name), values.get(referent(name, flag, values))]),
  );
  // ConfigOf says of each key what the loop above stored for it.
  return { ok: true, config: deepFreeze(config) as ConfigOf<Table> };
}

/** One problem as a line: `--api-addr "80": expected HOST:PORT such as …`. Credentials of a URL are left out. */
export function formatProblem({ source, value, expected }: Problem): string {
  const maxShown = 120;
  const open = value.replace(/(?<=\/\/)[^/]*@/, '…@');
  const shown = open.length > maxShown ? `${open.slice(0, maxShown)}…` : open;
  return `${source} ${JSON.stringify(shown)}: expected ${expected}`;
}

type Setting =
  | { readonly kind: 'text'; readonly source: string; readonly texts: readonly string[] }
  | { readonly kind: 'value'; readonly value: unknown };

/** What the user wrote for a flag; undefined where nothing. */
function findSetting(
  name: string,
  flag: Flag,
  { flags, env }: { readonly flags: GivenFlags; readonly env: Env },
): Setting | undefined {
  const written = flags[name];
  if (typeof written === 'boolean') return { kind: 'value', value: written };
  if (written !== undefined) {
    return { kind: 'text', source: `--${name}`, texts: typeof written === 'string' ? [written] : written };
  }
  const variable = envName(name, flag);
  const text = variable === undefined ? undefined : env[variable];
  if (variable === undefined || text === undefined || text === '') return undefined;
  return { kind: 'text', source: variable, texts: flag.kind === 'repeated' ? text.split(',') : [text] };
}

/** What a flag is when nobody set it; undefined where it has no value of its own. */
function defaultSetting(name: string, flag: Flag): Setting | undefined {
  if (flag.kind === 'switch') return { kind: 'value', value: false };
  if (typeof flag.default === 'string') {
    return { kind: 'text', source: `--${name}`, texts: [flag.default] };
  }
  return flag.default.kind === 'value' ? { kind: 'value', value: flag.default.value } : undefined;
}

function readSetting(
  flag: Flag,
  setting: Setting,
): { ok: true; value: unknown } | { ok: false; problems: Problem[] } {
  if (setting.kind === 'value') return { ok: true, value: setting.value };
  const parse = flag.kind === 'switch' ? boolean : flag.parse;
  const read = setting.texts.map((text) => ({ text, parsed: parse(text) }));
  const problems = read.flatMap(({ text, parsed }) =>
    parsed.ok ? [] : [{ source: setting.source, value: text, expected: parsed.expected }],
  );
  if (problems.length > 0) return { ok: false, problems };
  const values = read.flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : []));
  return { ok: true, value: flag.kind === 'repeated' ? values : values[0] };
}

/** The flag whose value this one has: itself if it was set, else the one its default names. */
function referent(name: string, flag: Flag, values: ReadonlyMap<string, unknown>): string {
  if (values.has(name) || flag.kind === 'switch' || typeof flag.default === 'string') return name;
  return flag.default.kind === 'flag' ? flag.default.name : name;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
