import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { pods } from '../../src/kube/resources.js';
import { rawStatus } from '../kit/kube-objects.js';
import { type Lab, listOf, openLab } from './reflector-lab.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(() => lab.close());

describe('a resource that the server need not have', () => {
  const optional = { resource: { ...pods(meshLabels('conduit.io')), optional: true } };

  test('counts as empty, and is looked for until it is there', async () => {
    lab.start(optional);
    (await lab.server.nextList()).json(rawStatus(404, 'NotFound'), 404);
    await lab.reflector?.synced;
    expect(lab.sink.verbs).toEqual(['reset']);
    expect(lab.status).toMatchObject({ synced: true, staleSinceMs: undefined, objects: 0 });
    await lab.passBackoff('not-found', 10_000);
    (await lab.server.nextList()).json(rawStatus(404, 'NotFound'), 404);
    await lab.passBackoff('not-found', 20_000);
    (await lab.server.nextList()).json(listOf(['a'], '10'));
    await lab.granted();
    expect(lab.sink.verbs).toEqual(['reset', 'reset default/a']);
    expect(lab.failures).toEqual({});
  });

  test('is believed to be gone only after it has been missing several times', async () => {
    (await lab.watching(['a'], optional)).reset();
    await lab.passBackoff('connection', 1_600);
    (await lab.server.nextWatch()).json(rawStatus(404, 'NotFound'), 404);
    await lab.passBackoff('not-found', 3_200);
    for (const delayMs of [10_000, 20_000]) {
      (await lab.server.nextList()).json(rawStatus(404, 'NotFound'), 404);
      await lab.passBackoff('not-found', delayMs);
      expect(lab.names).toEqual(['default/a']);
      expect(lab.status.staleSinceMs).toBeDefined();
    }
    (await lab.server.nextList()).json(rawStatus(404, 'NotFound'), 404);
    await lab.passBackoff('not-found', 40_000);
    expect(lab.sink.verbs).toEqual(['reset default/a', 'reset']);
    expect(lab.status.staleSinceMs).toBeUndefined();
    await lab.server.nextList();
  });
});
