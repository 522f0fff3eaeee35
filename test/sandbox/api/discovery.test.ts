import { describe, expect, test } from 'vitest';
import { definitions, objectOf } from '../store/kit.js';
import { testApi } from './kit.js';

interface ResourceEntry {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

const widgets = objectOf(definitions, 'widgets.example.com', {
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
    versions: ['v1', 'v2'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
        },
      },
    })),
  },
});

describe('discovery', () => {
  test('goes from groups to resources', async () => {
    const { get } = await testApi();
    expect((await get('/api')).body).toStrictEqual({ kind: 'APIVersions', versions: ['v1'] });
    const groups = (await get('/apis')).body;
    expect(groups.kind).toBe('APIGroupList');
    expect(groups.groups.map(({ name }: { name: string }) => name)).toStrictEqual([
      'apiextensions.k8s.io',
      'apps',
      'authentication.k8s.io',
      'authorization.k8s.io',
      'batch',
      'coordination.k8s.io',
      'discovery.k8s.io',
      'rbac.authorization.k8s.io',
    ]);
    const apps = {
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    };
    expect(groups.groups[1]).toStrictEqual(apps);
    expect((await get('/apis/apps')).body).toStrictEqual({ kind: 'APIGroup', apiVersion: 'v1', ...apps });
    const list = (await get('/apis/apps/v1')).body;
    expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: 'apps/v1' });
    expect(list.resources.map(({ name, kind }: ResourceEntry) => `${name} ${kind}`)).toStrictEqual([
      'deployments Deployment',
      'deployments/status Deployment',
      'deployments/scale Scale',
      'replicasets ReplicaSet',
      'replicasets/status ReplicaSet',
      'replicasets/scale Scale',
      'statefulsets StatefulSet',
      'statefulsets/status StatefulSet',
      'statefulsets/scale Scale',
      'daemonsets DaemonSet',
      'daemonsets/status DaemonSet',
    ]);
    expect((await get('/apis/authorization.k8s.io/v1')).body.resources).toMatchObject([
      { name: 'subjectaccessreviews', verbs: ['create'] },
      { name: 'selfsubjectaccessreviews', verbs: ['create'] },
    ]);
    expect((await get('/apis/none')).code).toBe(404);
  });

  test('can be had all at once', async () => {
    const { get } = await testApi();
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const core = await get('/api', accept);
    expect(core.headers.get('content-type')).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    );
    expect(core.body.items).toHaveLength(1);
    const namespaces = core.body.items[0].versions[0].resources[0];
    expect(namespaces).toMatchObject({
      resource: 'namespaces',
      responseKind: { group: '', version: 'v1', kind: 'Namespace' },
      scope: 'Cluster',
      shortNames: ['ns'],
      subresources: [{ subresource: 'status' }],
    });
    const others = (await get('/apis', accept)).body;
    expect(others.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toContain('apps');
  });

  test('tells of health and version', async () => {
    const { get } = await testApi();
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping']) {
      expect(await get(path)).toMatchObject({ code: 200, body: 'ok' });
    }
    expect((await get('/version')).body).toMatchObject({ major: '1', minor: '32' });
  });
});

test('OpenAPI v3 has a document for each group and version, with what kubectl looks for', async () => {
  const { get } = await testApi();
  const { paths } = (await get('/openapi/v3')).body;
  expect(Object.keys(paths)).toContain('api/v1');
  const { body } = await get(paths['apis/apps/v1'].serverRelativeURL);
  const operation = body.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch;
  expect(operation['x-kubernetes-group-version-kind']).toStrictEqual({
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
  });
  expect(operation.parameters.map(({ name }: { name: string }) => name)).toStrictEqual([
    'dryRun',
    'fieldManager',
    'fieldValidation',
  ]);
  const schema = body.components.schemas['io.k8s.api.apps.v1.Deployment'];
  expect(schema['x-kubernetes-group-version-kind']).toStrictEqual([
    { group: 'apps', version: 'v1', kind: 'Deployment' },
  ]);
  expect(schema.properties.spec.properties.replicas).toStrictEqual({ type: 'number' });
  const { containers } = schema.properties.spec.properties.template.properties.spec.properties;
  expect(containers).toMatchObject({ type: 'array', 'x-kubernetes-patch-merge-key': 'name' });
  expect((await get('/openapi/v2')).code).toBe(404);
  expect((await get('/openapi/v3/apis/none/v1')).code).toBe(404);
});

describe('a CustomResourceDefinition', () => {
  test('makes its type known, served and watched, until it goes', async () => {
    const { send, get, watch, patch } = await testApi();
    await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: widgets });
    const path = '/apis/example.com/v1/namespaces/web/widgets';
    expect((await get('/apis/example.com/v2')).body.resources).toMatchObject([
      { name: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      { name: 'widgets/status' },
    ]);
    const watched = await watch(`${path}?watch=true`);
    const created = await send('POST', path, { body: { metadata: { name: 'a' }, spec: { size: 1 } } });
    expect(created).toMatchObject({ code: 201, body: { apiVersion: 'example.com/v1', kind: 'Widget' } });
    expect((await watched.count(1))[0]).toMatch(/^ADDED a@/);
    const list = (await get('/apis/example.com/v2/widgets')).body;
    expect(list).toMatchObject({ kind: 'WidgetList', apiVersion: 'example.com/v2' });
    // Members of a list of a defined type say what they are, unlike those of built-in types.
    expect(list.items[0]).toMatchObject({ kind: 'Widget', apiVersion: 'example.com/v2' });
    const strategic = await patch(`${path}/a`, 'application/strategic-merge-patch+json', {});
    expect(strategic.code).toBe(415);
    const mistyped = { metadata: { name: 'b' }, spec: { size: 'large' } };
    expect(await send('POST', path, { body: mistyped })).toMatchObject({
      code: 422,
      body: {
        message:
          'Widget.example.com "b" is invalid: spec.size: Invalid value: "large": must be a number, not text',
      },
    });
    const unknown = { metadata: { name: 'b' }, spec: { colour: 'red' } };
    expect(await send('POST', `${path}?fieldValidation=Strict`, { body: unknown })).toMatchObject({
      code: 400,
      body: { message: expect.stringContaining('unknown field "spec.colour"') },
    });
    const unversioned = await send('PUT', `${path}/a`, { body: { metadata: { name: 'a' } } });
    expect(unversioned).toMatchObject({
      code: 422,
      body: {
        message:
          'Widget.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      },
    });
    await send('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com');
    expect((await watched.count(2))[1]).toMatch(/^DELETED a@/);
    expect(await watched.ended()).toBe('end');
    expect((await get(path)).code).toBe(404);
    expect((await get('/apis/example.com')).code).toBe(404);
  });
});
