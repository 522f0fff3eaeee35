import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installed, kubectl, ok } from './kubectl-kit.js';

describe.skipIf(!installed)('kubectl and types that are defined', () => {
  test('a defined type is served like any other', async () => {
    const { run, runWith } = await kubectl();
    const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
    const widget = (size: number): string =>
      `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: ${size}}\n`;
    await runWith(definition, 'apply', '-f', 'FILE');
    expect(await run('wait', '--for=condition=established', 'crd/widgets.example.com')).toMatchObject({
      code: 0,
    });
    expect(await runWith(widget(1), 'apply', '-f', 'FILE')).toStrictEqual(ok('widget.example.com/w created'));
    expect(await runWith(widget(2), 'apply', '-f', 'FILE')).toStrictEqual(
      ok('widget.example.com/w configured'),
    );
    const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
    await run('patch', 'wd', 'w', '--type=merge', '--subresource=status', '-p', status);
    expect((await run('get', 'wd')).out).toBe('NAME   SIZE   READY\nw      2      True');
    expect(await run('delete', 'wd', '--all')).toStrictEqual(ok('widget.example.com "w" deleted'));
  });

  test('the mesh’s own resources can be applied, as far as they are spelt right', async () => {
    const { run, runWith } = await kubectl();
    expect((await run('apply', '-f', join(process.cwd(), 'examples/mesh-resources'))).out).toBe(
      [
        'customresourcedefinition.apiextensions.k8s.io/serviceprofiles.linkerd.io created',
        'customresourcedefinition.apiextensions.k8s.io/servers.policy.linkerd.io created',
        'customresourcedefinition.apiextensions.k8s.io/externalworkloads.workload.linkerd.io created',
      ].join('\n'),
    );
    const profile = (route: string): string => `
apiVersion: linkerd.io/v1alpha2
kind: ServiceProfile
metadata: {name: web.web.svc.cluster.local}
spec:
  routes:
  - name: all
    condition: {all: [{method: GET}, {any: [{pathRegex: /a}, {not: {pathRegex: /b}}]}]}
    ${route}
  dstOverrides: [{authority: "web-2.web.svc.cluster.local:80", weight: 500m}]
  opaquePorts: ["25"]
`;
    const server = `
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: smtp}
spec: {podSelector: {matchLabels: {app: web}}, port: 25, proxyProtocol: opaque}
`;
    const workload = `
apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata: {name: vm}
spec:
  meshTLS: {identity: "spiffe://root/vm", serverName: vm.web}
  workloadIPs: [{ip: 192.0.2.1}]
  ports: [{name: http, port: 80}]
status: {conditions: [{type: Ready, status: "True"}]}
`;
    expect(await runWith(profile('isRetryable: true'), 'apply', '-f', 'FILE')).toStrictEqual(
      ok('serviceprofile.linkerd.io/web.web.svc.cluster.local created'),
    );
    expect((await runWith(profile('isRetriable: true'), 'apply', '-f', 'FILE')).err).toContain(
      'unknown field "spec.routes[0].isRetriable"',
    );
    expect((await runWith(profile('isRetryable: "yes"'), 'apply', '-f', 'FILE')).err).toContain(
      'spec.routes[0].isRetryable',
    );
    await runWith(`${server}---${workload}`, 'apply', '-f', 'FILE');
    expect((await run('get', 'srv')).out).toBe('NAME   PORT   PROTOCOL\nsmtp   25     opaque');
    expect((await run('get', 'external')).out).toMatch(/^NAME +IDENTITY +AGE\nvm +spiffe:\/\/root\/vm /);
    const read = await run('get', 'sp', '-o', 'jsonpath={.items[0].spec.routes[0].condition.all[1].any[1]}');
    expect(read.out).toBe('{"not":{"pathRegex":"/b"}}');
  });
});
