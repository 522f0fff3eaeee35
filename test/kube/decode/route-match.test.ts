import { describe, expect, test } from 'vitest';
import { JsonNode } from '../../../src/kube/decode/json-node.js';
import { decodeRequestMatch, decodeResponseMatch } from '../../../src/kube/decode/route-match.js';

function request(value: unknown) {
  const node = JsonNode.root({ condition: value });
  return { match: decodeRequestMatch(node.get('condition')), problems: node.problems };
}

function response(value: unknown) {
  const node = JsonNode.root({ condition: value });
  return { match: decodeResponseMatch(node.get('condition')), problems: node.problems };
}

const path = (regex: string) => ({ kind: 'path', regex });
const status = (min: number, max: number) => ({ kind: 'status', min, max });

describe('conditions of requests', () => {
  test.each([
    [{ pathRegex: '/a' }, path('/a')],
    [{ method: 'get' }, { kind: 'method', method: 'GET' }],
    [{ method: 'M-Search' }, { kind: 'method', method: 'M-SEARCH' }],
    [{ not: { pathRegex: '/a' } }, { kind: 'not', match: path('/a') }],
    [{ not: [{ pathRegex: '/a' }] }, { kind: 'not', match: path('/a') }],
    [{ all: [{ pathRegex: '/a' }] }, { kind: 'all', matches: [path('/a')] }],
    [{ any: [{ pathRegex: '/a' }, { pathRegex: '/b' }] }, { kind: 'any', matches: [path('/a'), path('/b')] }],
    [{ all: [] }, { kind: 'all', matches: [] }],
    [{ any: [] }, { kind: 'any', matches: [] }],
    [{ pathRegex: '/a', method: '', all: null, any: null, not: null, other: 7 }, path('/a')],
  ])('%j', (value, match) => {
    expect(request(value)).toStrictEqual({ match, problems: [] });
  });

  test('fields beside one another all have to hold, in a fixed order', () => {
    const value = {
      pathRegex: '/p',
      not: { pathRegex: '/n' },
      method: 'PUT',
      any: [{ pathRegex: '/y' }],
      all: [{ pathRegex: '/l', method: 'GET' }],
    };
    expect(request(value).match).toStrictEqual({
      kind: 'all',
      matches: [
        { kind: 'all', matches: [{ kind: 'all', matches: [{ kind: 'method', method: 'GET' }, path('/l')] }] },
        { kind: 'any', matches: [path('/y')] },
        { kind: 'method', method: 'PUT' },
        { kind: 'not', match: path('/n') },
        path('/p'),
      ],
    });
  });

  const oneOf = 'a condition: all, any, method, not, pathRegex';
  test.each([
    [undefined, '', 'nothing', oneOf],
    [null, '', 'null', oneOf],
    [{}, '', '{}', oneOf],
    [{ method: '', pathRegex: '' }, '', '{"method":"","pathRegex":""}', oneOf],
    ['/a', '', '"/a"', 'an object'],
    [{ pathRegex: 7 }, '.pathRegex', '7', 'a string'],
    [{ method: ['GET'] }, '.method', '["GET"]', 'a string'],
    [{ method: 'GET /' }, '.method', '"GET /"', 'an HTTP method'],
    [{ all: {} }, '.all', '{}', 'an array'],
    [{ all: [null] }, '.all[0]', 'null', oneOf],
    [{ any: [{ pathRegex: '/a' }, {}] }, '.any[1]', '{}', oneOf],
    [{ any: [{ pathRegex: '/a' }, 'x'] }, '.any[1]', '"x"', 'an object'],
    [{ not: {} }, '.not', '{}', oneOf],
    [{ not: [] }, '.not', '[]', 'an object'],
    [
      { not: [{ pathRegex: '/a' }, { pathRegex: '/b' }] },
      '.not',
      '[{"pathRegex":"/a"},{"pathRegex":"/b"}]',
      'one condition',
    ],
    [{ pathRegex: '/a', not: { all: [{ method: 7 }] } }, '.not.all[0].method', '7', 'a string'],
  ])('%j is none', (value, field, shown, expected) => {
    expect(request(value)).toEqual({
      match: undefined,
      problems: [{ field: `condition${field}`, value: shown, expected }],
    });
  });

  test.each([32, 33, 100_000])('%d conditions inside one another', (depth) => {
    const json = `${'{"all":['.repeat(depth - 1)}{"pathRegex":"/"}${']}'.repeat(depth - 1)}`;
    const { match, problems } = request(JSON.parse(json));
    expect(match === undefined).toBe(depth > 32);
    expect(problems.map(({ expected }) => expected)).toEqual(
      depth > 32 ? ['at most 32 conditions inside one another'] : [],
    );
  });
});

describe('conditions of responses', () => {
  test.each([
    [{ status: { min: 500, max: 503 } }, status(500, 503)],
    [{ status: { min: 500 } }, status(500, 599)],
    [{ status: { max: 299 } }, status(100, 299)],
    [{ status: { min: 0, max: 299 } }, status(100, 299)],
    [{ status: { min: 404, max: 404 } }, status(404, 404)],
    [{ not: { status: { min: 500 } } }, { kind: 'not', match: status(500, 599) }],
    [
      { any: [{ status: { min: 500 } }, { status: { max: 199 } }] },
      { kind: 'any', matches: [status(500, 599), status(100, 199)] },
    ],
    [
      { not: { status: { max: 101 } }, status: { max: 102 }, any: [], all: [] },
      {
        kind: 'all',
        matches: [
          { kind: 'all', matches: [] },
          { kind: 'any', matches: [] },
          status(100, 102),
          { kind: 'not', match: status(100, 101) },
        ],
      },
    ],
  ])('%j', (value, match) => {
    expect(response(value)).toStrictEqual({ match, problems: [] });
  });

  test.each([
    [undefined, '', 'nothing', 'a condition: all, any, status, not'],
    [{ pathRegex: '/a' }, '', '{"pathRegex":"/a"}', 'a condition: all, any, status, not'],
    [{ status: {} }, '.status', '{}', 'a min, a max, or both'],
    [{ status: { min: 0, max: 0 } }, '.status', '{"min":0,"max":0}', 'a min, a max, or both'],
    [
      { status: { min: 500, max: 400 } },
      '.status',
      '{"min":500,"max":400}',
      'a min that is no more than the max',
    ],
    [{ status: { min: 99 } }, '.status.min', '99', 'a status code, 100 to 599'],
    [{ status: { max: 600 } }, '.status.max', '600', 'a status code, 100 to 599'],
    [{ status: { min: 200.5 } }, '.status.min', '200.5', 'a status code, 100 to 599'],
    [{ status: { min: '500', max: 599 } }, '.status.min', '"500"', 'a status code, 100 to 599'],
    [{ status: 500 }, '.status', '500', 'an object'],
  ])('%j is none', (value, field, shown, expected) => {
    const { match, problems } = response(value);
    expect(match).toBeUndefined();
    expect(problems[0]).toEqual({ field: `condition${field}`, value: shown, expected });
  });
});
