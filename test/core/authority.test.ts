import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Authority, parseAuthority } from '../../src/core/authority.js';

function service(fields: Partial<Extract<Authority, { kind: 'service' }>>) {
  const value = {
    kind: 'service',
    service: 'shop/web',
    namespace: 'shop',
    name: 'web',
    hostname: undefined,
    port: 80,
  };
  return { ok: true, value: { ...value, ...fields } };
}

describe('parseAuthority', () => {
  test.each([
    ['web.shop.svc.cluster.local', service({})],
    ['web.shop.svc.cluster.local:80', service({})],
    ['web.shop.svc.cluster.local:8080', service({ port: 8080 })],
    ['web.shop.svc.cluster.local:65535', service({ port: 65_535 })],
    ['db-0.web.shop.svc.cluster.local:5432', service({ hostname: 'db-0', port: 5432 })],
    ['10.1.2.3:80', { ok: true, value: { kind: 'address', ip: '10.1.2.3', port: 80 } }],
    ['10.1.2.3', { ok: true, value: { kind: 'address', ip: '10.1.2.3', port: 80 } }],
    ['[fd00::1]:443', { ok: true, value: { kind: 'address', ip: 'fd00::1', port: 443 } }],
  ])('%s is accepted', (text, expected) => {
    expect(parseAuthority(text, 'cluster.local')).toEqual(expected);
  });

  test.each([
    '',
    ':80',
    'web',
    'web:80',
    'svc.cluster.local:80',
    'shop.svc.cluster.local:80',
    'a.db-0.web.shop.svc.cluster.local:80',
    'web.shop.svc.cluster.local.:80',
    'web.shop.svc.cluster.local.',
    'web.shop.svc.example.org:80',
    'web.shop.pod.cluster.local:80',
    'Web.shop.svc.cluster.local:80',
    'web.shop.SVC.cluster.local:80',
    '.shop.svc.cluster.local:80',
    'web..svc.cluster.local:80',
    'we_b.shop.svc.cluster.local:80',
    'web.shop.svc.cluster.local:',
    'web.shop.svc.cluster.local:0',
    'web.shop.svc.cluster.local:65536',
    'web.shop.svc.cluster.local:-1',
    'web.shop.svc.cluster.local:+80',
    'web.shop.svc.cluster.local:http',
    'web.shop.svc.cluster.local:80:80',
    'fd00::1',
    '[]:80',
    '[web]:80',
    'xsvc.cluster.local',
    'web.shop.svc.cluster.local\n',
  ])('%j is refused', (text) => {
    expect(parseAuthority(text, 'cluster.local')).toEqual({
      ok: false,
      problem: expect.stringMatching(/^Invalid authority: .*: expected .+/su),
    });
  });

  test('another cluster domain replaces the default one', () => {
    expect(parseAuthority('web.shop.svc.k8s.example.org', 'k8s.example.org')).toEqual(service({}));
    expect(parseAuthority('web.shop.svc.cluster.local', 'k8s.example.org').ok).toBe(false);
  });

  test('whatever is asked, the answer is a value with a short problem', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 1_000, unit: 'binary' }), (text) => {
        const parsed = parseAuthority(text, 'cluster.local');
        expect(parsed.ok ? 0 : parsed.problem.length).toBeLessThan(500);
      }),
    );
    const huge = parseAuthority(`${'a'.repeat(65_536)}.shop.svc.cluster.local`, 'cluster.local');
    expect(huge).toEqual({ ok: false, problem: expect.stringMatching(/: expected at most 270 characters$/) });
  });
});
