import { describe, expect, test } from 'vitest';
import { ObserveRequest_Match as Match } from '../../../src/gen/io/linkerd/proxy/tap/tap.js';
import { toIpAddress } from '../../../src/wire/address.js';
import { compileMatch } from '../../../src/proxy/tap/match.js';
import type { RequestStart } from '../../../src/proxy/metrics/observer.js';
import { requestStart } from '../observed.js';

type MatchOf<Case extends NonNullable<Match['match']>['$case']> = Extract<
  NonNullable<Match['match']>,
  { $case: Case }
>['value'];

const all = (...matches: Match[]): Match => ({ match: { $case: 'all', value: { matches } } });
const any = (...matches: Match[]): Match => ({ match: { $case: 'any', value: { matches } } });
const not = (value: Match): Match => ({ match: { $case: 'not', value } });
const http = (match: MatchOf<'http'>['match']): Match => ({ match: { $case: 'http', value: { match } } });
const method = (type: Extract<MatchOf<'http'>['match'], { $case: 'method' }>['value']['type']): Match =>
  http({ $case: 'method', value: { type } });
const scheme = (type: Extract<MatchOf<'http'>['match'], { $case: 'scheme' }>['value']['type']): Match =>
  http({ $case: 'scheme', value: { type } });
const authority = ($case: 'exact' | 'prefix', value: string): Match =>
  http({ $case: 'authority', value: { match: { $case, value } } });
const path = ($case: 'exact' | 'prefix', value: string): Match =>
  http({ $case: 'path', value: { match: { $case, value } } });
const ports = ($case: 'source' | 'destination', min: number, max: number): Match => ({
  match: { $case, value: { match: { $case: 'ports', value: { min, max } } } },
});
const netmask = ($case: 'source' | 'destination', ip: string, mask: number): Match => ({
  match: { $case, value: { match: { $case: 'netmask', value: { ip: toIpAddress(ip), mask } } } },
});
const label = ($case: 'destinationLabel' | 'routeLabel', key: string, value: string): Match => ({
  match: { $case, value: { key, value } },
});

function matches(match: Match, request: RequestStart): boolean {
  // What a client sends has been through the wire.
  const compiled = compileMatch(Match.decode(Match.encode(match).finish()));
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.matches(request);
}

const post = requestStart({
  client: { ip: '10.1.2.3', port: 40_000 },
  target: { ip: '10.0.0.7', port: 8080, labels: new Map([['deployment', 'web']]) },
  head: { method: 'POST', authority: 'web.shop:80', path: '/a/b?c=/d', scheme: 'http' },
  routeLabels: new Map([['route', 'POST /a']]),
});

const yes = all();
const no = any();

test.each<[name: string, match: Match, expected: boolean]>([
  ['all of nothing', all(), true],
  ['any of nothing', any(), false],
  ['all, one of which is false', all(yes, no), false],
  ['all', all(yes, yes), true],
  ['any, one of which is true', any(no, yes), true],
  ['any', any(no, no), false],
  ['not', not(no), true],
  ['not not', not(not(no)), false],
  ['source port', ports('source', 40_000, 40_000), true],
  ['source port out of range', ports('source', 40_001, 50_000), false],
  ['source port at the end of the range', ports('source', 39_000, 40_000), true],
  ['min alone is one port', ports('source', 39_000, 0), false],
  ['min alone, that port', ports('source', 40_000, 0), true],
  ['max alone is one port', ports('source', 0, 40_001), false],
  ['max alone, that port', ports('source', 0, 40_000), true],
  ['destination port', ports('destination', 8000, 8999), true],
  ['destination port, not the source’s', ports('destination', 40_000, 40_000), false],
  ['source, one address', netmask('source', '10.1.2.3', 32), true],
  ['source, another address', netmask('source', '10.1.2.2', 32), false],
  ['source, network with host bits', netmask('source', '10.1.2.99', 24), true],
  ['source, 31 bits', netmask('source', '10.1.2.2', 31), true],
  ['source, other network', netmask('source', '10.1.3.0', 24), false],
  ['source, every IPv4', netmask('source', '0.0.0.0', 0), true],
  ['source, high network', netmask('source', '240.0.0.0', 4), false],
  ['source, the other family', netmask('source', '::', 0), false],
  ['destination', netmask('destination', '10.0.0.0', 16), true],
  ['destination, not the source’s', netmask('destination', '10.1.0.0', 16), false],
  ['registered method', method({ $case: 'registered', value: 1 }), true],
  ['other registered method', method({ $case: 'registered', value: 0 }), false],
  ['method by its name', method({ $case: 'unregistered', value: 'POST' }), true],
  ['methods are case-sensitive', method({ $case: 'unregistered', value: 'post' }), false],
  ['registered scheme', scheme({ $case: 'registered', value: 0 }), true],
  ['https', scheme({ $case: 'registered', value: 1 }), false],
  ['schemes are not case-sensitive', scheme({ $case: 'unregistered', value: 'HTTP' }), true],
  ['other scheme', scheme({ $case: 'unregistered', value: 'ws' }), false],
  ['authority', authority('exact', 'web.shop:80'), true],
  ['authority, exact is the whole', authority('exact', 'web.shop'), false],
  ['authority, prefix', authority('prefix', 'web.'), true],
  ['authority, other prefix', authority('prefix', 'eb.'), false],
  ['path without its query', path('exact', '/a/b'), true],
  ['path with its query', path('exact', '/a/b?c=/d'), false],
  ['path, prefix', path('prefix', '/a/'), true],
  ['path, empty prefix', path('prefix', ''), true],
  ['path, other prefix', path('prefix', '/b'), false],
  ['destination label', label('destinationLabel', 'deployment', 'web'), true],
  ['destination label, other value', label('destinationLabel', 'deployment', 'we'), false],
  ['destination label, absent', label('destinationLabel', 'pod', ''), false],
  ['route label', label('routeLabel', 'route', 'POST /a'), true],
  ['route label, absent', label('routeLabel', 'deployment', 'web'), false],
])('%s', (_name, match, expected) => {
  expect(matches(match, post)).toBe(expected);
});

test.each([
  ['::ffff:10.1.2.3', '10.1.0.0', 16, true],
  ['fd00:0:0:1::5', 'fd00:0:0:1::', 64, true],
  ['fd00:0:0:1::5', 'fd00:0:0:2::', 64, false],
  ['fd00::5', 'fd00::4', 127, true],
  ['fd00::5', 'fd00::5', 128, true],
  ['fd00::5', 'fd00::4', 128, false],
  ['fd00::5', 'fd01::', 15, true],
  ['fe80::1%eth0', 'fe80::', 10, true],
  ['10.1.2.3', '::ffff:0:0', 96, false],
  ['web.example', '0.0.0.0', 0, false],
  ['', '0.0.0.0', 0, false],
])('%s is in %s/%i: %s', (ip, network, mask, expected) => {
  expect(matches(netmask('source', network, mask), requestStart({ client: { ip, port: 1 } }))).toBe(expected);
});

test('text beyond ASCII is compared by its octets', () => {
  const asRead = Buffer.from('/caffè', 'utf8').toString('latin1');
  expect(matches(path('exact', '/caffè'), requestStart({ head: { path: asRead } }))).toBe(true);
  expect(matches(path('exact', '/caffè'), requestStart({ head: { path: '/caffè' } }))).toBe(false);
});

describe('what can’t be understood is refused by its field', () => {
  test.each<[problem: string, match: Match | undefined]>([
    ['match: missing', undefined],
    ['match: missing', { match: undefined }],
    ['match.all.matches[1]: missing', all(yes, { match: undefined })],
    ['match.not.any.matches[0]: missing', not(any({ match: undefined }))],
    ['match.source: missing netmask or ports', { match: { $case: 'source', value: { match: undefined } } }],
    ['match.source.ports: missing min and max', ports('source', 0, 0)],
    ['match.destination.ports: not a range of ports', ports('destination', 2, 1)],
    ['match.destination.ports: not a range of ports', ports('destination', 1, 65_536)],
    ['match.destination.ports: not a range of ports', ports('destination', 65_536, 0)],
    [
      'match.source.netmask.ip: missing',
      {
        match: {
          $case: 'source',
          value: { match: { $case: 'netmask', value: { ip: undefined, mask: 1 } } },
        },
      },
    ],
    ['match.source.netmask.mask: more than 32 bits', netmask('source', '10.0.0.1', 33)],
    ['match.source.netmask.mask: more than 128 bits', netmask('source', '::', 129)],
    ['match.http: missing scheme, method, authority or path', http(undefined)],
    ['match.http.method: not an HTTP method', method(undefined)],
    ['match.http.method: not an HTTP method', method({ $case: 'registered', value: 9 as 8 })],
    ['match.http.method: not an HTTP method', method({ $case: 'registered', value: -1 })],
    ['match.http.method: not an HTTP method', method({ $case: 'unregistered', value: '' })],
    ['match.http.method: not an HTTP method', method({ $case: 'unregistered', value: 'GET /' })],
    ['match.http.scheme: not a URI scheme', scheme(undefined)],
    ['match.http.scheme: not a URI scheme', scheme({ $case: 'registered', value: 2 as 1 })],
    ['match.http.scheme: not a URI scheme', scheme({ $case: 'unregistered', value: '1' })],
    ['match.http.path: missing exact or prefix', http({ $case: 'path', value: { match: undefined } })],
    ['match.destination_label.key: missing', label('destinationLabel', '', 'web')],
    ['match.route_label.key: missing', label('routeLabel', '', '')],
  ])('%s', (problem, match) => {
    expect(compileMatch(match)).toEqual({ ok: false, problem });
  });

  test('too deep', () => {
    let match = yes;
    for (let depth = 0; depth < 31; depth++) match = not(match);
    expect(compileMatch(match).ok).toBe(true);
    expect(compileMatch(not(match))).toEqual({ ok: false, problem: 'match: deeper than 32 levels' });
  });

  test('too large', () => {
    const parts = Array.from({ length: 255 }, () => yes);
    expect(compileMatch(all(...parts)).ok).toBe(true);
    expect(compileMatch(all(...parts, yes))).toEqual({ ok: false, problem: 'match: more than 256 parts' });
  });
});
