/** What a parser makes of a value's text. `expected` completes the sentence "expected …". */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly expected: string };

/** Reads the text that a user wrote for one value. Pure: no file is opened, no name resolved. */
export type Parser<T> = (text: string) => Parsed<T>;

/**
 * One flag: everything that parsing, `--help`, docs/flags.md and the type of a command's configuration need.
 *
 * Each flag can also be set by an environment variable, `CONDUIT_` and the flag's name (`--proxy-api-addr` is
 * CONDUIT_PROXY_API_ADDR), except where `env` is `none`: such a flag says what one invocation is for, and a variable
 * left over in the environment must not change that.
 */
export type Flag = ValueFlag | RepeatedFlag | SwitchFlag;

/** `--name VALUE` or `--name=VALUE`. Given twice, the last one counts. */
export interface ValueFlag extends FlagText {
  readonly kind: 'value';
  /** What stands for the value in help: `HOST:PORT`. */
  readonly placeholder: string;
  readonly parse: Parser<unknown>;
  readonly default: Default;
}

/** `--name VALUE`, any number of times, in order. In its environment variable, values are separated by commas. */
export interface RepeatedFlag extends FlagText {
  readonly kind: 'repeated';
  readonly placeholder: string;
  /** Reads one of the values. */
  readonly parse: Parser<unknown>;
  readonly default: Default;
}

/** `--name`, off unless given. In its environment variable: `true` or `false`. */
export interface SwitchFlag extends FlagText {
  readonly kind: 'switch';
}

interface FlagText {
  /** One or two sentences. */
  readonly help: string;
  /** The heading it stands under in help. */
  readonly group: string;
  /** A one-letter form, without its dash. */
  readonly short?: string;
  readonly env?: 'none';
}

/** The value of a flag that nobody set. A plain string is what the user would write, read by the flag's own parser. */
export type Default =
  | string
  /** A value that isn't written as text; `says` describes it in help. */
  | { readonly kind: 'value'; readonly value: unknown; readonly says: string }
  /** What another flag of the same table is set to. */
  | { readonly kind: 'flag'; readonly name: string }
  /** Undefined; `says` tells what then happens. */
  | { readonly kind: 'unset'; readonly says: string };

/** The flags of a command, by name without dashes, in the order of help. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** What a table's flags configure: `proxy-api-addr` becomes `proxyApiAddr`. */
export type ConfigOf<Table extends FlagTable> = {
  readonly [Name in keyof Table & string as CamelCase<Name>]: ValueOf<Table[Name]>;
};

type ValueOf<F extends Flag> = F extends SwitchFlag
  ? boolean
  : F extends ValueFlag
    ? ParsedBy<F['parse']> | Absent<F['default']>
    : F extends RepeatedFlag
      ? readonly ParsedBy<F['parse']>[] | Absent<F['default']>
      : never;

type ParsedBy<P> = P extends Parser<infer T> ? T : never;

type Absent<D> = D extends { readonly kind: 'unset' } ? undefined : never;

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** `proxy-api-addr` → `proxyApiAddr`: the flag's name in a configuration. */
export function configKey(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `proxy-api-addr` → `CONDUIT_PROXY_API_ADDR`; undefined where the flag has no variable. */
export function envName(name: string, flag: Flag): string | undefined {
  return flag.env === 'none' ? undefined : `CONDUIT_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** How a flag is written: `--proxy-api-addr HOST:PORT`, `-w, --watch`. */
export function flagUsage(name: string, flag: Flag): string {
  const long = flag.kind === 'switch' ? `--${name}` : `--${name} ${flag.placeholder}`;
  return flag.short === undefined ? long : `-${flag.short}, ${long}`;
}

/** A flag's default in words; undefined for a switch, which is simply off. */
export function defaultText(flag: Flag): string | undefined {
  if (flag.kind === 'switch') return undefined;
  if (typeof flag.default === 'string') return flag.default;
  switch (flag.default.kind) {
    case 'flag':
      return `that of --${flag.default.name}`;
    case 'value':
    case 'unset':
      return flag.default.says;
  }
}
