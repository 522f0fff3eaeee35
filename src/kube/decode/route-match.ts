import type { RequestMatch, ResponseMatch } from '../../core/routes.js';
import type { JsonNode } from './json-node.js';

/**
 * The conditions of a ServiceProfile (linkerd.io/v1alpha2 RequestMatch and ResponseMatch). Fields beside one another all
 * have to hold. Half a condition would match what it wasn't meant to, so one with an invalid part, at whatever depth, is
 * invalid as a whole: undefined, with a problem noted.
 */

/** A condition of a request. */
export function decodeRequestMatch(node: JsonNode): RequestMatch | undefined {
  return decodeMatch(requestMatch, node, 1);
}

/** A condition of a response. */
export function decodeResponseMatch(node: JsonNode): ResponseMatch | undefined {
  return decodeMatch(responseMatch, node, 1);
}

/** Conditions in conditions. Nobody writes so many, and a recursion needs an end. */
const maxDepth = 32;

type Tree<Match> =
  | { readonly kind: 'all' | 'any'; readonly matches: readonly Match[] }
  | { readonly kind: 'not'; readonly match: Match };

/** What sets the two languages of conditions apart. */
interface Language<Match> {
  /** In the order that they are combined in. */
  readonly fields: readonly string[];
  /** Reads a field that isn't `all`, `any` or `not`. Undefined where it says nothing, and with a problem where it is invalid. */
  readonly leaf: (field: JsonNode, name: string) => Match | undefined;
  readonly tree: (tree: Tree<Match>) => Match;
}

const requestMatch: Language<RequestMatch> = {
  fields: ['all', 'any', 'method', 'not', 'pathRegex'],
  leaf: (field, name) => (name === 'method' ? decodeMethod(field) : decodePath(field)),
  tree: (tree) => tree,
};

const responseMatch: Language<ResponseMatch> = {
  fields: ['all', 'any', 'status', 'not'],
  leaf: (field) => decodeStatus(field),
  tree: (tree) => tree,
};

function decodeMatch<Match>(language: Language<Match>, node: JsonNode, depth: number): Match | undefined {
  if (depth > maxDepth) {
    node.note(`at most ${maxDepth} conditions inside one another`);
    return undefined;
  }
  const problemsBefore = node.problems.length;
  const matches: Match[] = [];
  for (const name of language.fields) {
    const match = decodeField(language, node.get(name), name, depth);
    if (match !== undefined) matches.push(match);
  }
  if (node.problems.length > problemsBefore) return undefined;
  const [first, ...more] = matches;
  if (first === undefined) node.note(`a condition: ${language.fields.join(', ')}`);
  return more.length === 0 ? first : language.tree({ kind: 'all', matches });
}

function decodeField<Match>(
  language: Language<Match>,
  field: JsonNode,
  name: string,
  depth: number,
): Match | undefined {
  if (!field.exists) return undefined;
  if (name === 'not') {
    const match = decodeMatch(language, soleItem(field), depth + 1);
    return match === undefined ? undefined : language.tree({ kind: 'not', match });
  }
  if (name !== 'all' && name !== 'any') return language.leaf(field, name);
  const matches: Match[] = [];
  for (const each of field.items()) {
    const match = decodeMatch(language, each, depth + 1);
    if (match !== undefined) matches.push(match);
  }
  return language.tree({ kind: name, matches });
}

/** Linkerd's schema of the resource wants a list where its controller wants the one condition: either will do. */
function soleItem(node: JsonNode): JsonNode {
  if (!Array.isArray(node.value)) return node;
  const [only, ...more] = node.items();
  if (more.length > 0) node.note('one condition');
  return only ?? node;
}

/** A token (RFC 9110, section 5.6.2). */
const methodToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;

function decodeMethod(field: JsonNode): RequestMatch | undefined {
  const text = field.string();
  if (text === undefined || text === '') return undefined;
  if (!methodToken.test(text)) field.note('an HTTP method');
  return { kind: 'method', method: text.toUpperCase() };
}

function decodePath(field: JsonNode): RequestMatch | undefined {
  const regex = field.string();
  return regex === undefined || regex === '' ? undefined : { kind: 'path', regex };
}

/** Without one of its bounds a range is open to that side. */
function decodeStatus(field: JsonNode): ResponseMatch | undefined {
  const min = decodeStatusCode(field.get('min'));
  const max = decodeStatusCode(field.get('max'));
  if (min === undefined && max === undefined) field.note('a min, a max, or both');
  if (min !== undefined && max !== undefined && min > max) field.note('a min that is no more than the max');
  return { kind: 'status', min: min ?? minStatus, max: max ?? maxStatus };
}

const minStatus = 100;
const maxStatus = 599;

/** 0, which is what nothing becomes in Linkerd's own types, is none. */
function decodeStatusCode(node: JsonNode): number | undefined {
  const { value } = node;
  if (!node.exists || value === 0) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= minStatus && value <= maxStatus) {
    return value;
  }
  node.note(`a status code, ${minStatus} to ${maxStatus}`);
  return undefined;
}
