import { describe, expect, test } from 'vitest';
import { nodeName, type Zone, zone } from '../../src/core/ids.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, nodeRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';

const web = { service: serviceRow('web') };

describe('internalTrafficPolicy: Local', () => {
  function nodeLocal() {
    const mesh = testMesh();
    mesh.apply(
      { service: serviceRow('web', { internalTrafficPolicy: 'Local' }) },
      { pod: podRow('web-1', { nodeName: nodeName('n1') }) },
      { pod: podRow('web-2', { nodeName: nodeName('n2') }) },
    );
    const backends = [
      podBackend('10.0.0.1', 'web-1'),
      podBackend('10.0.0.2', 'web-2'),
      bareBackend('10.0.0.3'),
    ];
    mesh.apply({ slice: sliceRow('web', 'a', backends) });
    return mesh;
  }

  test('leaves each client the pods of its own node, and no fall-back', () => {
    const mesh = nodeLocal();
    const on = (node: string | undefined) =>
      mesh.client('web', { node: node === undefined ? undefined : nodeName(node) }).addresses;
    expect([on('n1'), on('n2'), on('n3'), on(undefined)]).toEqual([
      ['10.0.0.1:8080'],
      ['10.0.0.2:8080'],
      [],
      [],
    ]);
  });

  test('is followed when it changes', () => {
    const mesh = nodeLocal();
    const client = mesh.client('web', { node: nodeName('n1') });
    mesh.apply(web);
    expect(client.addresses).toEqual(['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080']);
    mesh.apply({ service: serviceRow('web', { internalTrafficPolicy: 'Local' }) });
    expect(client.addresses).toEqual(['10.0.0.1:8080']);
  });
});

describe('topology hints', () => {
  const east = zone('east');
  const west = zone('west');

  function hinted(...forZones: readonly (readonly Zone[] | undefined)[]) {
    const mesh = testMesh();
    mesh.apply(
      web,
      { node: nodeRow('e', 'east') },
      { node: nodeRow('w', 'west') },
      { node: nodeRow('s', 'south') },
    );
    const backends = forZones.map((zones, nth) => bareBackend(`10.0.0.${nth + 1}`, { forZones: zones }));
    // Spread over two slices: hints are judged over the whole service.
    mesh.apply(
      { slice: sliceRow('web', 'a', backends.slice(0, 1)) },
      { slice: sliceRow('web', 'b', backends.slice(1)) },
    );
    return (node: string | undefined) =>
      mesh.client('web', { node: node === undefined ? undefined : nodeName(node) }).addresses;
  }

  const all = ['10.0.0.1:8080', '10.0.0.2:8080'];

  test('give each zone its own endpoints', () => {
    const on = hinted([east], [west]);
    expect([on('e'), on('w')]).toEqual([['10.0.0.1:8080'], ['10.0.0.2:8080']]);
  });

  test('count for nothing where one endpoint lacks them', () => {
    expect(hinted([east], undefined)('e')).toEqual(all);
  });

  test('count for nothing for a zone that none is meant for, and for a client whose zone is not known', () => {
    const on = hinted([east], [west]);
    expect([on('s'), on('unknown'), on(undefined)]).toEqual([all, all, all]);
  });

  test('are followed when they change', () => {
    const mesh = testMesh();
    mesh.apply(web, { node: nodeRow('e', 'east') });
    const slice = (...zones: readonly Zone[]) => ({
      slice: sliceRow('web', 'a', [
        bareBackend('10.0.0.1', { forZones: [east] }),
        bareBackend('10.0.0.2', { forZones: zones }),
      ]),
    });
    mesh.apply(slice(west));
    const client = mesh.client('web', { node: nodeName('e') });
    expect(client.addresses).toEqual(['10.0.0.1:8080']);
    mesh.apply(slice(west, east));
    expect(client.addresses).toEqual(all);
  });
});

describe('dual stack', () => {
  test('a pod with an address of each family is told by its IPv6 address alone', () => {
    const mesh = testMesh();
    mesh.apply(web, { pod: podRow('web-1') }, { pod: podRow('web-2') });
    mesh.apply(
      { slice: sliceRow('web', 'v4', [podBackend('10.0.0.1', 'web-1'), podBackend('10.0.0.2', 'web-2')]) },
      { slice: sliceRow('web', 'v6', [podBackend('fd00::1', 'web-1'), bareBackend('fd00::9')]) },
    );
    const client = mesh.client('web');
    expect(client.addresses).toEqual(['10.0.0.2:8080', '[fd00::1]:8080', '[fd00::9]:8080']);
    mesh.apply({ slice: sliceRow('web', 'v6', []) });
    expect(client.addresses).toEqual(['10.0.0.1:8080', '10.0.0.2:8080']);
  });
});
