import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAuthority } from '../../src/core/authority.js';
import { externalWorkloadId, podId } from '../../src/core/ids.js';
import { meshOptions, testMesh } from '../kit/mesh.js';
import {
  bareBackend,
  externalWorkloadRow,
  podBackend,
  podRow,
  serverRow,
  serviceProfileRow,
  serviceRow,
  sliceRow,
} from '../kit/rows.js';
import { clusterRows } from './random-cluster.js';

const name = 'web.shop.svc.cluster.local';
const untold = { serviceProfiles: [], opaque: undefined, overrides: 'none', notes: [] };

/** What is said of `authority`, but for the client's namespace, which is only repeated. */
function explain(mesh: ReturnType<typeof testMesh>, authority: string, clientNamespace?: string) {
  const parsed = parseAuthority(authority, meshOptions.clusterDomain);
  if (!parsed.ok) throw new Error(parsed.problem);
  const { clientNamespace: repeated, ...explained } = mesh.profileExplanations.read({
    destination: parsed.value,
    clientNamespace,
  });
  expect(repeated).toBe(clientNamespace);
  return explained;
}

describe('a service', () => {
  const web = { service: serviceRow('web', { clusterIps: ['10.96.0.1'] }) };

  test('is found by its name, and by its cluster IP', () => {
    const mesh = testMesh();
    mesh.apply(web);
    const absent = {
      id: `shop/${name}`,
      namespaceOf: 'service',
      verdict: 'absent',
      problems: [],
    };
    const subject = { kind: 'service', service: 'shop/web', by: 'name', portName: 'http' };
    const told = { serviceProfiles: [absent], opaque: undefined, overrides: 'self', notes: [] };
    expect(explain(mesh, `${name}:80`)).toEqual({ subject, ...told });
    expect(explain(mesh, '10.96.0.1:80')).toEqual({ subject: { ...subject, by: 'cluster-ip' }, ...told });
  });

  test('does not have the port, is an ExternalName, or is gone', () => {
    const mesh = testMesh();
    mesh.apply(web, { service: serviceRow('out', { type: 'ExternalName' }) });
    expect(explain(mesh, `${name}:81`)).toEqual({
      subject: { kind: 'port-undefined', service: 'shop/web', by: 'name' },
      ...untold,
    });
    expect(explain(mesh, 'out.shop.svc.cluster.local:80')).toEqual({
      subject: { kind: 'external-name', service: 'shop/out' },
      ...untold,
    });
    expect(explain(mesh, 'gone.shop.svc.cluster.local:80')).toEqual({
      subject: { kind: 'service-missing', service: 'shop/gone' },
      ...untold,
    });
  });

  test('has the ServiceProfile of the client’s namespace before its own', () => {
    const mesh = testMesh();
    const problems = ['spec.routes[0]: no condition'];
    const overrides = [{ authority: 'other.shop.svc.cluster.local', weight: 10_000 }];
    mesh.apply(
      web,
      { profile: serviceProfileRow('web', { problems }, 'client') },
      { profile: serviceProfileRow('web', { overrides }) },
    );
    const own = { id: `client/${name}`, namespaceOf: 'client', verdict: 'applies', problems };
    const general = { id: `shop/${name}`, namespaceOf: 'service', problems: [] };
    const from = (clientNamespace?: string) => {
      const { serviceProfiles, overrides: origin } = explain(mesh, name, clientNamespace);
      return [origin, ...serviceProfiles];
    };
    expect(from('client')).toEqual(['self', own, { ...general, verdict: 'overruled' }]);
    expect(from('third')).toEqual([
      'service-profile',
      { ...own, id: `third/${name}`, verdict: 'absent', problems: [] },
      { ...general, verdict: 'applies' },
    ]);
    expect(from('shop')).toEqual(['service-profile', { ...general, verdict: 'applies' }]);
    expect(from()).toEqual(['service-profile', { ...general, verdict: 'applies' }]);
  });

  test('is opaque by annotation, or by the mesh’s list where it has none', () => {
    const opaque = (port: number, opaquePorts?: readonly { from: number; to: number }[]) => {
      const mesh = testMesh();
      mesh.apply({ service: serviceRow('web', { ports: [{ name: '', port }], opaquePorts }) });
      return explain(mesh, `${name}:${port}`).opaque;
    };
    expect(opaque(80)).toBeUndefined();
    expect(opaque(80, [{ from: 80, to: 80 }])).toEqual({ kind: 'annotation' });
    expect(opaque(3306)).toEqual({ kind: 'default-ports' });
    expect(opaque(3306, [])).toBeUndefined();
  });

  test('has no override where the control plane adds none', () => {
    const mesh = testMesh({ enableSelfOverride: false });
    mesh.apply(web);
    expect(explain(mesh, name).overrides).toBe('none');
  });
});

describe('an address', () => {
  const controlPlaneNamespace = 'conduit';
  const web1 = { kind: 'workload', workload: { kind: 'Pod', id: 'shop/web-1' } };

  test('is a pod’s, by its IP or by a port of its node', () => {
    const mesh = testMesh();
    mesh.apply({
      pod: podRow('web-1', {
        controlPlaneNamespace,
        ips: ['10.0.0.1'],
        hostIps: ['192.0.2.1'],
        hostPorts: [3306],
      }),
    });
    expect(explain(mesh, '10.0.0.1:80')).toEqual({
      ...untold,
      subject: { kind: 'endpoint', by: { kind: 'pod-ip' }, occupant: web1 },
    });
    expect(explain(mesh, '192.0.2.1:3306')).toEqual({
      ...untold,
      subject: { kind: 'endpoint', by: { kind: 'host-port' }, occupant: web1 },
      opaque: { kind: 'default-ports' },
    });
  });

  test('is an external workload’s', () => {
    const mesh = testMesh();
    const server = serverRow('vm', 'vm', {
      podSelector: undefined,
      externalWorkloadSelector: [],
      port: { kind: 'number', port: 8080 },
    });
    const ports = [{ name: '', port: 8080, hostPort: undefined }];
    mesh.apply({ server }, { external: externalWorkloadRow('vm', { ips: ['192.0.2.1'], ports }) });
    expect(explain(mesh, '192.0.2.1:8080')).toEqual({
      ...untold,
      subject: {
        kind: 'endpoint',
        by: { kind: 'external-workload' },
        occupant: {
          kind: 'workload',
          workload: { kind: 'ExternalWorkload', id: externalWorkloadId('shop', 'vm') },
        },
      },
      opaque: { kind: 'server', server: 'shop/vm' },
    });
  });

  test('is nobody’s', () => {
    const mesh = testMesh();
    expect(explain(mesh, '192.0.2.1:3306')).toEqual({
      ...untold,
      subject: { kind: 'endpoint', by: { kind: 'nobody' }, occupant: { kind: 'none' } },
      opaque: { kind: 'default-ports' },
      notes: [{ kind: 'no-workload' }],
    });
  });
});

describe('an instance', () => {
  const authority = `web-0.${name}:80`;
  const by = { kind: 'instance', service: 'shop/web', hostname: 'web-0' };
  const workload = { kind: 'Pod', id: podId('shop', 'web-0') };

  function occupant(mesh: ReturnType<typeof testMesh>) {
    const { subject } = explain(mesh, authority);
    if (subject.kind !== 'endpoint') throw new Error(subject.kind);
    expect(subject.by).toEqual(by);
    return subject.occupant;
  }

  test('is the pod that the service’s objects name, while it runs and is the one they mean', () => {
    const mesh = testMesh();
    mesh.apply({ service: serviceRow('web') });
    expect(explain(mesh, authority)).toEqual({
      ...untold,
      subject: { kind: 'instance-missing', service: 'shop/web', hostname: 'web-0' },
    });
    mesh.apply({ slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-0', { hostname: 'web-0' })]) });
    expect(occupant(mesh)).toEqual({ kind: 'unknown', workload });
    mesh.apply({ pod: podRow('web-0', { phase: 'ended' }) });
    expect(occupant(mesh)).toEqual({ kind: 'not-running', workload });
    mesh.apply({ pod: podRow('web-0', { uid: 'second' }) });
    expect(occupant(mesh)).toEqual({
      kind: 'replaced',
      workload,
      meantUid: 'uid-web-0',
      uid: 'second',
    });
    mesh.apply({ pod: podRow('web-0') });
    expect(occupant(mesh)).toEqual({ kind: 'workload', workload });
    expect(explain(mesh, authority).notes).toEqual([{ kind: 'no-sidecar' }]);
  });

  test('is an address only, where nothing more can be told', () => {
    const mesh = testMesh();
    const target = { kind: 'Other', targetKind: 'VirtualMachine' } as const;
    mesh.apply(
      { service: serviceRow('web') },
      { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1', { hostname: 'web-0', target })]) },
    );
    expect(occupant(mesh)).toEqual({ kind: 'unsupported', targetKind: 'VirtualMachine' });
    mesh.apply({ slice: sliceRow('web', 'a', [bareBackend('10.0.0.1', { hostname: 'web-0' })]) });
    expect(occupant(mesh)).toEqual({ kind: 'none' });
  });
});

test('in any cluster, what is explained is what a client is told', () => {
  const authorities = [
    `${name}:80`,
    `${name}:81`,
    `web-0.${name}:8080`,
    '10.96.0.1:80',
    '10.0.0.1:8080',
    '10.0.0.3:8080',
    '[fd00::1]:3306',
  ];
  fc.assert(
    fc.property(
      clusterRows,
      fc.constantFrom(...authorities),
      fc.constantFrom(undefined, 'client'),
      (rows, authority, from) => {
        const mesh = testMesh();
        mesh.apply(...rows);
        const told = mesh.profile(authority, from).value;
        const { subject, serviceProfiles, opaque, overrides } = explain(mesh, authority, from);
        const applied = serviceProfiles.find(({ verdict }) => verdict === 'applies')?.id;
        switch (told.kind) {
          case 'service':
            expect(subject.kind).toBe('service');
            expect([opaque !== undefined, applied]).toEqual([told.isOpaque, told.source]);
            expect(overrides === 'service-profile').toBe(told.overrides.some(({ weight }) => weight === 1));
            break;
          case 'endpoint': {
            if (subject.kind !== 'endpoint') throw new Error(subject.kind);
            const { workload } = told.endpoint;
            const id = workload && `${workload.namespace}/${workload.name}`;
            const occupant = subject.occupant.kind === 'workload' ? subject.occupant.workload.id : undefined;
            expect([opaque !== undefined, occupant]).toEqual([told.isOpaque, id]);
            break;
          }
          case 'none':
            expect(['service', 'endpoint']).not.toContain(subject.kind);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
