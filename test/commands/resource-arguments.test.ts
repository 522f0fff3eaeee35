import { describe, expect, test } from 'vitest';
import {
  kindsOfAll,
  readResourceArguments,
  readSelections,
  type ResourceConfig,
} from '../../src/commands/resource-arguments.js';
import { allResourceKinds, resourceNames, type ResourceKind } from '../../src/core/resource.js';
import { ResourceKind as Kind } from '../../src/gen/conduit/api/v1/resource.js';

describe('forms of resources', () => {
  test.each<[string, readonly (readonly [ResourceKind, string?])[]]>([
    ['deploy', [['Deployment']]],
    ['Deployments', [['Deployment']]],
    ['deploy web', [['Deployment', 'web']]],
    [
      'deploy web api',
      [
        ['Deployment', 'web'],
        ['Deployment', 'api'],
      ],
    ],
    ['deploy/web', [['Deployment', 'web']]],
    [
      'deploy/web po/web-1',
      [
        ['Deployment', 'web'],
        ['Pod', 'web-1'],
      ],
    ],
    ['sts,deploy', [['StatefulSet'], ['Deployment']]],
    ['deploy,deployments,po,deployment', [['Deployment'], ['Pod']]],
    ['deploy,deployment web', [['Deployment', 'web']]],
    ['all', kindsOfAll.map((kind) => [kind])],
    ['ALL,po', [...kindsOfAll, 'Pod' as const].map((kind) => [kind])],
    [
      'svc,all',
      [['Service'], ...kindsOfAll.filter((kind) => kind !== 'Service').map((kind) => [kind] as const)],
    ],
    ['au example.com:443', [['Authority', 'example.com:443']]],
  ])('%s', (line, expected) => {
    const value = expected.map(([kind, name]) => ({ kind, name }));
    expect(readResourceArguments(line.split(' '))).toEqual({ ok: true, value });
  });

  test('each kind, by each of its names, in any case', () => {
    for (const kind of allResourceKinds) {
      for (const name of Object.values(resourceNames(kind) as unknown as Record<string, string>)) {
        const value = [{ kind, name: undefined }];
        expect(readResourceArguments([name])).toEqual({ ok: true, value });
        expect(readResourceArguments([name.toUpperCase()])).toEqual({ ok: true, value });
      }
    }
  });

  const known = 'There are: ns, deploy, sts, ds, rs, rc, job, cj, po, svc, au, all';
  const unknown = (type: string) => `${type}: no type of resource that has traffic. ${known}`;
  const perhaps = (type: string, near: string) =>
    `${type}: no type of resource that has traffic; did you mean ${near}? ${known}`;
  const noForm = (arg: string) => `${arg}: there is no such form of a resource; expected TYPE/NAME`;
  const severalTypes = (line: string) =>
    `${line}: names are of one type; expected TYPE NAME..., or TYPE/NAME for each`;

  test.each([
    ['ingress', unknown('ingress')],
    ['', unknown('')],
    ['deploy,', unknown('')],
    ['configmap/web', unknown('configmap')],
    ['deploy,sts/web', unknown('deploy,sts')],
    ['all/web', unknown('all')],
    ['deploy ingress/x', noForm('deploy')],
    ['depoy', perhaps('depoy', 'deploy')],
    ['Deployement', perhaps('Deployement', 'deployment')],
    ['deploy,statefullset', perhaps('statefullset', 'statefulset')],
    ['pds', perhaps('pds', 'ds')],
    ['deploys/web', perhaps('deploys', 'deploy')],
    ['deploy/', noForm('deploy/')],
    ['/web', noForm('/web')],
    ['/', noForm('/')],
    ['deploy/web/x', noForm('deploy/web/x')],
    ['deploy/web po', noForm('po')],
    ['deploy,sts web', severalTypes('deploy,sts web')],
    ['all web api', severalTypes('all web api')],
  ])('not %j', (line, problem) => {
    expect(readResourceArguments(line.split(' '))).toEqual({ ok: false, problem });
  });

  test('no suggestion for what is far from every name, however long it is', () => {
    const type = 'x'.repeat(100_000);
    expect(readResourceArguments([type])).toEqual({ ok: false, problem: unknown(type) });
  });
});

describe('what flags and arguments select', () => {
  const none: ResourceConfig = {
    namespace: undefined,
    allNamespaces: false,
    selector: undefined,
    to: undefined,
    toNamespace: undefined,
    from: undefined,
    fromNamespace: undefined,
  };
  const read = (line: string, config: Partial<ResourceConfig> = {}) =>
    readSelections(line.split(' '), { ...none, ...config });
  const message = (kind: Kind, namespace: string, name = '', labelSelector = '') => ({
    kind,
    namespace,
    name,
    labelSelector,
  });
  const service = (name?: string) => ({ kind: 'Service' as const, name });

  test.each<[string, Partial<ResourceConfig>, readonly ReturnType<typeof message>[]]>([
    ['deploy', {}, [message(Kind.DEPLOYMENT, 'default')]],
    ['deploy', { namespace: 'shop' }, [message(Kind.DEPLOYMENT, 'shop')]],
    ['deploy', { allNamespaces: true }, [message(Kind.DEPLOYMENT, '')]],
    [
      'deploy/web po/web-1',
      { namespace: 'shop', selector: 'app=web' },
      [message(Kind.DEPLOYMENT, 'shop', 'web', 'app=web'), message(Kind.POD, 'shop', 'web-1', 'app=web')],
    ],
    ['ns', { namespace: 'shop' }, [message(Kind.NAMESPACE, '')]],
    ['ns/shop', { allNamespaces: true }, [message(Kind.NAMESPACE, '', 'shop')]],
  ])('%s with %j', (line, config, selections) => {
    expect(read(line, config)).toEqual({ ok: true, value: { selections, edge: undefined } });
  });

  test.each<[Partial<ResourceConfig>, ReturnType<typeof message>]>([
    [{ to: service('api') }, message(Kind.SERVICE, 'default', 'api')],
    [{ to: service('api'), namespace: 'shop' }, message(Kind.SERVICE, 'shop', 'api')],
    [{ to: service('api'), namespace: 'shop', toNamespace: 'back' }, message(Kind.SERVICE, 'back', 'api')],
    [{ to: service(), allNamespaces: true }, message(Kind.SERVICE, '')],
    [{ to: service('api'), allNamespaces: true }, message(Kind.SERVICE, 'default', 'api')],
    [{ to: service(), allNamespaces: true, toNamespace: 'back' }, message(Kind.SERVICE, 'back')],
    [{ to: { kind: 'Namespace', name: 'back' }, namespace: 'shop' }, message(Kind.NAMESPACE, '', 'back')],
    [{ to: service(), selector: 'app=web' }, message(Kind.SERVICE, 'default')],
  ])('the other end: %j', (config, value) => {
    expect(read('deploy', config)).toMatchObject({ ok: true, value: { edge: { $case: 'to', value } } });
    const { to: from, toNamespace: fromNamespace, ...rest } = { ...none, ...config };
    expect(read('deploy', { ...rest, from, fromNamespace, to: undefined })).toMatchObject({
      ok: true,
      value: { edge: { $case: 'from', value } },
    });
  });

  test.each<[string, Partial<ResourceConfig>, string]>([
    ['deploy/', {}, 'deploy/: there is no such form of a resource; expected TYPE/NAME'],
    [
      'deploy',
      { allNamespaces: true, namespace: 'shop' },
      '--all-namespaces and --namespace exclude each other',
    ],
    ['deploy', { to: service(), from: service() }, '--to and --from exclude each other'],
    ['deploy', { toNamespace: 'shop' }, '--to-namespace needs --to'],
    ['deploy', { to: service(), fromNamespace: 'shop' }, '--from-namespace needs --from'],
    [
      'ns/shop deploy/web',
      { allNamespaces: true },
      "web: a resource is in one namespace, and can't be asked for by name in all",
    ],
  ])('not %s with %j', (line, config, problem) => {
    expect(read(line, config)).toEqual({ ok: false, problem });
  });
});
