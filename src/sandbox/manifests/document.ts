import {
  type Document,
  LineCounter,
  type Tags,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseAllDocuments,
} from 'yaml';

/** One YAML or JSON document of a file. */
export interface ManifestDocument {
  /** From 1; documents that hold nothing are counted, though not given. */
  readonly number: number;
  readonly content:
    | { readonly kind: 'value'; readonly value: unknown }
    | { readonly kind: 'broken'; readonly problems: readonly SyntaxProblem[] };
  /**
   * The line of a field such as `spec.ports[0].name`, or of the closest one around it where it is missing; of the whole
   * document where the field is empty. Names with dots in them are found too.
   */
  readonly lineOf: (field: string) => number;
}

export interface SyntaxProblem {
  readonly line: number;
  readonly message: string;
}

/**
 * Kubernetes reads YAML 1.1: `yes` is a boolean, `0644` is octal, and `<<` merges. But it knows neither times nor numbers
 * in base 60, which would turn `12:30` into something else.
 */
const dialect = {
  version: '1.1',
  merge: true,
  customTags: (tags: Tags): Tags => tags.filter((tag) => typeof tag === 'string' || !isForeign(tag)),
} as const;

function isForeign(tag: { readonly tag: string; readonly format?: string }): boolean {
  return tag.format === 'TIME' || /:(timestamp|set|omap|pairs)$/.test(tag.tag);
}

/** The documents of a text that hold more than comments. JSON is read as the YAML that it is. */
export function parseDocuments(text: string): readonly ManifestDocument[] {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const parsed = parseAllDocuments(text, { ...dialect, lineCounter: lines, prettyErrors: false });
  const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((document, index) => {
    const content = contentOf(document, lineAt);
    if (content.kind === 'value' && content.value === null) return [];
    const start = startOf(document.contents) ?? 0;
    const lineOf = (field: string): number => lineAt(offsetOf(document, field) ?? start);
    return [{ number: index + 1, content, lineOf }];
  });
}

function contentOf(
  document: Document.Parsed,
  lineAt: (offset: number) => number,
): ManifestDocument['content'] {
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => ({ line: lineAt(pos[0]), message }));
    return { kind: 'broken', problems };
  }
  try {
    return { kind: 'value', value: document.toJS() };
  } catch (error) {
    // Aliases that lead nowhere, or that multiply beyond all bounds, show only when they are followed.
    if (!(error instanceof ReferenceError)) throw error;
    return {
      kind: 'broken',
      problems: [{ line: lineAt(startOf(document.contents) ?? 0), message: error.message }],
    };
  }
}

/** Where the deepest part of the path stands that the document has. */
function offsetOf(document: Document.Parsed, field: string): number | undefined {
  let node: unknown = document.contents;
  let rest = field;
  let offset: number | undefined;
  while (rest !== '') {
    const next = childOf(isAlias(node) ? node.resolve(document) : node, rest);
    if (!next) return offset;
    ({ node, rest } = next);
    offset = next.offset ?? offset;
  }
  return offset;
}

interface Child {
  readonly node: unknown;
  readonly rest: string;
  readonly offset: number | undefined;
}

function childOf(node: unknown, path: string): Child | undefined {
  const bracket = /^\[([^\]]*)\]\.?/.exec(path);
  if (isSeq(node) && bracket) {
    const item = node.items[Number(bracket[1])];
    return item === undefined
      ? undefined
      : { node: item, rest: path.slice(bracket[0].length), offset: startOf(item) };
  }
  if (!isMap(node)) return undefined;
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const rest = bracket && bracket[1] === name ? path.slice(bracket[0].length) : afterName(path, name);
    if (rest !== undefined) return { node: value, rest, offset: startOf(key) };
  }
  return undefined;
}

/** What follows a name at the start of a path; undefined where the path starts otherwise. */
function afterName(path: string, name: string): string | undefined {
  if (name === '' || !path.startsWith(name)) return undefined;
  const rest = path.slice(name.length);
  if (rest === '' || rest.startsWith('[')) return rest;
  return rest.startsWith('.') ? rest.slice(1) : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
