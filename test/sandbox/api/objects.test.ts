import { describe, expect, test } from 'vitest';
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  pod,
  pods,
  testStore,
  written,
} from '../store/kit.js';
import { testApi, webPath } from './kit.js';

const maps = webPath('configmaps');
const deploys = webPath('deployments', 'apps/v1');

describe('create', () => {
  test('stores the object and answers 201 with it', async () => {
    const { send, get } = await testApi();
    const created = await send('POST', maps, { body: configMap('a', { x: '1' }) });
    expect(created).toMatchObject({
      code: 201,
      body: { kind: 'ConfigMap', apiVersion: 'v1', data: { x: '1' } },
    });
    expect((await get(`${maps}/a`)).body).toStrictEqual(created.body);
  });

  test('takes kind, version and namespace from the URL where the body has none', async () => {
    const { send } = await testApi();
    const { code, body } = await send('POST', maps, { body: { metadata: { name: 'a' } } });
    expect(code).toBe(201);
    expect(body).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'web' } });
  });

  test('refuses an object that belongs elsewhere', async () => {
    const { send } = await testApi();
    const messages = [];
    for (const body of [
      [],
      pod('a'),
      { ...configMap('a'), apiVersion: 'v2' },
      { ...configMap('a'), metadata: { name: 'a', namespace: 'other' } },
      { ...configMap('a'), metadata: { name: 7 } },
      { ...configMap('a'), metadata: 'a' },
    ]) {
      const answer = await send('POST', maps, { body });
      messages.push(`${answer.code} ${answer.body.reason} ${answer.body.message}`);
    }
    expect(messages).toStrictEqual([
      '400 BadRequest the object provided is unrecognized: it must be an object',
      '400 BadRequest Pod in version "v1" cannot be handled as a ConfigMap',
      '400 BadRequest the API version in the data (v2) does not match the expected API version (v1)',
      '400 BadRequest the namespace of the provided object does not match the namespace sent on the request (other != web)',
      '400 BadRequest metadata.name must be a string',
      '400 BadRequest metadata must be an object',
    ]);
  });

  test('does not let a client say how an object fares', async () => {
    const { send } = await testApi();
    const { body } = await send('POST', deploys, { body: { ...deployment('a'), status: { replicas: 9 } } });
    expect(body.status).toBeUndefined();
    const node = { metadata: { name: 'n1' }, status: { capacity: { cpu: '4' } } };
    expect((await send('POST', '/api/v1/nodes', { body: node })).body.status).toStrictEqual(node.status);
  });

  test('answers 422 with the fields at fault', async () => {
    const { send } = await testApi();
    const { code, body } = await send('POST', deploys, { body: deployment('a', { selector: undefined }) });
    expect({ code, body }).toStrictEqual({
      code: 422,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Deployment.apps "a" is invalid: spec.selector: Required value',
        reason: 'Invalid',
        details: {
          name: 'a',
          group: 'apps',
          kind: 'Deployment',
          causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.selector' }],
        },
        code: 422,
      },
    });
  });

  test('reads YAML, and refuses protobuf, broken JSON and a body that is too long', async () => {
    const { send } = await testApi();
    const post = async (mediaType: string, body: string) => {
      const answer = await send('POST', maps, { body, headers: { 'content-type': mediaType } });
      return `${answer.code} ${answer.body.reason ?? answer.body.metadata.name}`;
    };
    expect(await post('application/yaml', 'metadata:\n  name: a\ndata: {x: "1"}\n')).toBe('201 a');
    expect(await post('application/yaml', 'metadata: {')).toBe('400 BadRequest');
    expect(await post('application/json', '{"metadata"')).toBe('400 BadRequest');
    expect(await post('application/vnd.kubernetes.protobuf', 'k8s')).toBe('415 UnsupportedMediaType');
    const long = JSON.stringify(configMap('b', { x: 'y'.repeat(4_000_000) }));
    expect(await post('application/json', long)).toBe('413 RequestEntityTooLarge');
  });

  test('with dryRun=All gives the object and writes nothing', async () => {
    const { send, store } = await testApi();
    const version = store.resourceVersion;
    const answers = [
      await send('POST', `${maps}?dryRun=All`, { body: configMap('a') }),
      await send('DELETE', '/api/v1/namespaces/web?dryRun=All'),
      await send('POST', `${maps}?dryRun=Some`, { body: configMap('a') }),
    ];
    expect(answers.map(({ code }) => code)).toStrictEqual([201, 200, 422]);
    expect(store.resourceVersion).toBe(version);
  });
});

describe('fields', () => {
  const typo = { ...deployment('a', { replica: 2 }), extra: 1 };

  test('that there are none of are refused, warned of or dropped', async () => {
    const { send, store } = await testApi();
    const post = (query: string) => send('POST', `${deploys}?dryRun=All&${query}`, { body: typo });
    expect(await post('fieldValidation=Strict')).toMatchObject({
      code: 400,
      body: {
        reason: 'BadRequest',
        message:
          'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica", unknown field "extra"',
      },
    });
    const warned = await send('POST', deploys, { body: typo });
    expect(warned.code).toBe(201);
    expect(warned.headers.get('warning')).toBe(
      '299 - "unknown field \\"spec.replica\\"", 299 - "unknown field \\"extra\\""',
    );
    expect(store.get(deployments, 'web', 'a')).not.toHaveProperty('extra');
    expect(store.get(deployments, 'web', 'a')?.['spec']).not.toHaveProperty('replica');
    const named = { ...typo, metadata: { name: 'b' } };
    const ignored = await send('POST', `${deploys}?fieldValidation=Ignore`, { body: named });
    expect([ignored.code, ignored.headers.get('warning')]).toStrictEqual([201, null]);
    expect((await post('fieldValidation=Strictly')).code).toBe(400);
  });

  test('of a wrong type are refused in any case', async () => {
    const { send, patch, store } = await testApi();
    const message =
      'Deployment in version "v1" cannot be handled as a Deployment: spec.replicas: must be a number, not text';
    const created = await send('POST', `${deploys}?fieldValidation=Ignore`, {
      body: deployment('a', { replicas: '3' }),
    });
    expect(created).toMatchObject({ code: 400, body: { message } });
    store.create(deployments, deployment('a'));
    const patched = await patch(`${deploys}/a`, 'application/merge-patch+json', { spec: { replicas: '3' } });
    expect(patched).toMatchObject({ code: 400, body: { message } });
  });
});

describe('replace', () => {
  test('writes the object at its version', async () => {
    const { send } = await testApi();
    const { body } = await send('POST', maps, { body: configMap('a') });
    const replaced = await send('PUT', `${maps}/a`, { body: { ...body, data: { x: '1' } } });
    expect(replaced).toMatchObject({ code: 200, body: { data: { x: '1' } } });
    const stale = await send('PUT', `${maps}/a`, { body: { ...body, data: { x: '2' } } });
    expect(stale).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  });

  test('refuses another name and an object that isn’t there', async () => {
    const { send, store } = await testApi();
    store.create(configMaps, configMap('a'));
    expect(await send('PUT', `${maps}/a`, { body: configMap('b') })).toMatchObject({
      code: 400,
      body: { message: 'the name of the object (b) does not match the name on the URL (a)' },
    });
    expect(await send('PUT', `${maps}/b`, { body: configMap('b') })).toMatchObject({ code: 404 });
  });

  test('of a status touches nothing else', async () => {
    const { send, store } = await testApi();
    store.create(deployments, deployment('a'));
    const body = { ...deployment('a', { replicas: 7 }), status: { replicas: 3 } };
    const answer = await send('PUT', `${deploys}/a/status`, { body });
    expect(answer).toMatchObject({ code: 200, body: { spec: { replicas: 1 }, status: { replicas: 3 } } });
  });
});

describe('scale', () => {
  test('is the replicas of an object by themselves', async () => {
    const { send, get, patch, store } = await testApi();
    const created = written(store.create(deployments, deployment('a')));
    const scale = (await get(`${deploys}/a/scale`)).body;
    expect(scale).toStrictEqual({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: {
        name: 'a',
        namespace: 'web',
        uid: created.metadata.uid,
        resourceVersion: created.metadata.resourceVersion,
        creationTimestamp: created.metadata.creationTimestamp,
      },
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=a' },
    });
    const put = await send('PUT', `${deploys}/a/scale`, { body: { ...scale, spec: { replicas: 3 } } });
    expect(put).toMatchObject({ code: 200, body: { kind: 'Scale', spec: { replicas: 3 } } });
    const stale = await send('PUT', `${deploys}/a/scale`, { body: { ...scale, spec: { replicas: 4 } } });
    expect(stale.code).toBe(409);
    const patched = await patch(`${deploys}/a/scale`, 'application/merge-patch+json', {
      spec: { replicas: 0 },
    });
    expect(patched).toMatchObject({ code: 200, body: { spec: { replicas: 0 } } });
    const wrong = await patch(`${deploys}/a/scale`, 'application/merge-patch+json', {
      spec: { replicas: '2' },
    });
    expect(wrong).toMatchObject({
      code: 400,
      body: {
        message:
          'Scale in version "v1" cannot be handled as a Scale: spec.replicas: must be a number, not text',
      },
    });
    expect(store.get(deployments, 'web', 'a')).toMatchObject({
      metadata: { generation: 3 },
      spec: { replicas: 0 },
    });
  });

  test('is not there for a type without replicas', async () => {
    const { get, store } = await testApi();
    store.create(pods, pod('a'));
    expect((await get(`${webPath('pods')}/a/scale`)).code).toBe(404);
    expect((await get(`${webPath('pods')}/a/status`)).code).toBe(200);
  });
});

describe('patch', () => {
  const cases = [
    ['application/merge-patch+json', { metadata: { labels: { a: 'b' } } }],
    ['application/strategic-merge-patch+json', { metadata: { labels: { a: 'b' } } }],
    ['application/json-patch+json', [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }]],
  ] as const;

  test.each(cases)('%s changes a part of an object', async (mediaType, body) => {
    const { patch, store } = await testApi();
    store.create(deployments, deployment('a'));
    const answer = await patch(`${deploys}/a`, mediaType, body);
    expect(answer).toMatchObject({
      code: 200,
      body: { metadata: { labels: { a: 'b' } }, spec: { replicas: 1 } },
    });
  });

  test('changes one container of several, and the status by itself', async () => {
    const { patch, store } = await testApi();
    const template = deployment('a')['spec'] as { template: { metadata: object } };
    const containers = [
      { name: 'one', image: 'one:1' },
      { name: 'two', image: 'two:1' },
    ];
    store.create(deployments, deployment('a', { template: { ...template.template, spec: { containers } } }));
    const strategic = 'application/strategic-merge-patch+json';
    const change = { spec: { template: { spec: { containers: [{ name: 'two', image: 'two:2' }] } } } };
    const { body } = await patch(`${deploys}/a`, strategic, change);
    const images = body.spec.template.spec.containers.map((one: { image: string }) => one.image);
    expect(images).toStrictEqual(['one:1', 'two:2']);
    const status = { spec: { replicas: 9 }, status: { conditions: [{ type: 'Available', status: 'True' }] } };
    expect((await patch(`${deploys}/a/status`, strategic, status)).body).toMatchObject({
      spec: { replicas: 1 },
      status: { conditions: [{ type: 'Available', status: 'True' }] },
    });
  });

  test('holds a version that it names', async () => {
    const { patch, store } = await testApi();
    const { metadata } = written(store.create(deployments, deployment('a')));
    const scaled = (resourceVersion: string, replicas: number) =>
      patch(`${deploys}/a`, 'application/merge-patch+json', {
        metadata: { resourceVersion },
        spec: { replicas },
      });
    expect((await scaled(metadata.resourceVersion ?? '', 2)).code).toBe(200);
    expect((await scaled(metadata.resourceVersion ?? '', 3)).code).toBe(409);
  });

  test('refuses what can’t be applied', async () => {
    const { patch, store } = await testApi();
    store.create(deployments, deployment('a'));
    const refused = async (mediaType: string, body: unknown, name = 'a') => {
      const answer = await patch(`${deploys}/${name}`, mediaType, body);
      return `${answer.code} ${answer.body.reason}: ${answer.body.message}`;
    };
    const json = 'application/json-patch+json';
    expect([
      await refused(json, [{ op: 'test', path: '/spec/replicas', value: 2 }]),
      await refused(json, { op: 'test' }),
      await refused(json, '[{'),
      await refused('application/merge-patch+json', { metadata: { name: 'b' } }),
      await refused('application/merge-patch+json', { spec: { replicas: -1 } }),
      await refused('application/apply-patch+yaml', {}),
      await refused('text/plain', {}),
      await refused(json, [], 'b'),
    ]).toStrictEqual([
      '422 Invalid: testing value /spec/replicas failed: test failed',
      '400 BadRequest: a JSON patch must be a list of operations',
      expect.stringMatching(/^400 BadRequest: couldn't parse the body as JSON/),
      '400 BadRequest: the name of the object (b) does not match the name on the URL (a)',
      '422 Invalid: Deployment.apps "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      expect.stringMatching(/^415 UnsupportedMediaType: this server does no server-side apply/),
      expect.stringMatching(/^415 UnsupportedMediaType: the body of the request was in an unknown format/),
      '404 NotFound: deployments.apps "b" not found',
    ]);
  });
});

describe('delete', () => {
  test('answers with a status, or with the object while it stays', async () => {
    const { send, store } = await testApi();
    const { metadata } = written(store.create(deployments, deployment('a')));
    expect((await send('DELETE', `${deploys}/a`)).body).toStrictEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', group: 'apps', kind: 'deployments', uid: metadata.uid },
    });
    expect((await send('DELETE', `${deploys}/a`)).code).toBe(404);
    store.create(pods, pod('p', { nodeName: 'n1' }));
    const { body } = await send('DELETE', `${webPath('pods')}/p`);
    expect(body).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 30 } });
  });

  test('reads its options from the body, or from the query', async () => {
    const { send, store } = await testApi();
    const path = `${webPath('pods')}/p`;
    const stateAfter = async (query: string, body?: unknown) => {
      store.delete(pods, 'web', 'p', { gracePeriodSeconds: 0 });
      store.create(pods, pod('p', { nodeName: 'n1' }));
      const { code } = await send('DELETE', `${path}${query}`, body === undefined ? {} : { body });
      return [code, store.get(pods, 'web', 'p')?.metadata.deletionGracePeriodSeconds ?? 'none'];
    };
    expect(await stateAfter('', { gracePeriodSeconds: 5 })).toStrictEqual([200, 5]);
    expect(await stateAfter('?gracePeriodSeconds=7')).toStrictEqual([200, 7]);
    expect(await stateAfter('', { dryRun: ['All'] })).toStrictEqual([200, 'none']);
    expect(await stateAfter('', { preconditions: { uid: 'other' } })).toStrictEqual([409, 'none']);
    expect(await stateAfter('', { propagationPolicy: 'Sideways' })).toStrictEqual([400, 'none']);
    expect(await stateAfter('', { gracePeriodSeconds: -1 })).toStrictEqual([400, 'none']);
    const orphaned = await send('DELETE', path, { body: { orphanDependents: true } });
    expect(orphaned.body.metadata.finalizers).toStrictEqual(['orphan']);
  });

  test('of a collection goes by selectors', async () => {
    const { send, store } = await testApi();
    for (const name of ['a', 'b', 'c']) {
      const object = deployment(name);
      const labels = { tier: name === 'b' ? 'back' : 'front' };
      store.create(deployments, { ...object, metadata: { ...object.metadata, labels } });
    }
    const { body } = await send('DELETE', `${deploys}?labelSelector=tier%3Dfront`);
    expect(body.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toStrictEqual([
      'a',
      'c',
    ]);
    expect(store.list(deployments).map(({ metadata }) => metadata.name)).toStrictEqual(['b']);
  });
});

describe('paths and methods', () => {
  test('that are unknown get 404 and 405 with a status', async () => {
    const { send, store } = await testApi({ store: testStore() });
    store.create(deployments, deployment('a'));
    const codes: Record<string, number> = {};
    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['GET', '/api/v1/unicorns'],
      ['GET', '/api/v2/pods'],
      ['GET', '/apis/none.io/v1'],
      ['GET', '/api/v1/namespaces/web/nodes'],
      ['GET', '/api/v1/pods/a'],
      ['GET', `${deploys}/a/nothing`],
      ['GET', `${deploys}/a/status/more`],
      ['GET', '/api/v1/namespaces/web/pods/%ZZ'],
      ['POST', '/api/v1/pods'],
      ['DELETE', '/api/v1/pods'],
      ['PUT', deploys],
      ['POST', `${deploys}/a`],
      ['DELETE', `${deploys}/a/status`],
      ['POST', '/version'],
      ['OPTIONS', deploys],
    ] as const) {
      const { code, body } = await send(method, path);
      expect(body.kind).toBe('Status');
      codes[`${method} ${path}`] = code;
    }
    expect(Object.values(codes)).toStrictEqual([
      ...Array.from({ length: 9 }, () => 404),
      ...Array.from({ length: 7 }, () => 405),
    ]);
  });

  test('a namespace’s own subresource is told from what is in it', async () => {
    const { get } = await testApi();
    expect((await get('/api/v1/namespaces/web/status')).body).toMatchObject({ kind: 'Namespace' });
    expect((await get('/api/v1/namespaces/web/pods')).body).toMatchObject({ kind: 'PodList' });
  });

  test('an Accept header that can’t be met gets 406', async () => {
    const { get } = await testApi();
    expect((await get('/api/v1/namespaces', 'application/vnd.kubernetes.protobuf')).code).toBe(406);
    const both = 'application/vnd.kubernetes.protobuf,application/json';
    expect((await get('/api/v1/namespaces', both)).code).toBe(200);
    const { headers, body } = await get('/api/v1/namespaces/web', 'application/yaml');
    expect(headers.get('content-type')).toBe('application/yaml');
    expect(body).toContain('kind: Namespace\n');
  });
});
