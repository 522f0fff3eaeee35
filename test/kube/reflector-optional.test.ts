import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { pods } from '../../src/kube/resources.js';
import { rawStatus } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { type Lab, listOf, openLab } from './reflector-lab.js';
import { said } from './said.js';
import type { Ask } from './scripted-server.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(() => lab.close());

function absent(ask: Ask): void {
  ask.json(rawStatus(404, 'NotFound'), 404);
}

describe('a resource that the server need not have', () => {
  const optional = { resource: { ...pods(meshLabels('conduit.io')), optional: true } };

  test('counts as empty, and is looked for until it is there', async () => {
    lab.start(optional);
    absent(await lab.server.nextList());
    await lab.reflector?.synced;
    expect(lab.sink.verbs).toEqual(['reset']);
    expect(lab.status).toMatchObject({ synced: true, staleSinceMs: undefined, objects: 0 });
    await lab.passAbsence(5_000);
    for (let each = 0; each < 3; each += 1) {
      const list = await lab.server.nextList();
      expect(lab.status).toMatchObject({ synced: true, staleSinceMs: undefined, phase: { kind: 'absent' } });
      absent(list);
      await lab.passAbsence(10_000);
    }
    expect(said(lab.log.lines)).toEqual(['info: not installed; counts as empty until it is']);
    (await lab.server.nextList()).json(listOf(['a'], '10'));
    await lab.granted();
    expect(lab.sink.verbs).toEqual(['reset', 'reset default/a']);
    expect(lab.failures).toEqual({});
    expect(said(lab.log.lines).slice(1)).toEqual(['info: installed']);
    expect(lab.status.phase).toEqual({ kind: 'watching' });
  });

  test('is stale while the server that lacks it is away, and no longer', async () => {
    lab.start(optional);
    absent(await lab.server.nextList());
    await lab.passAbsence(5_000);
    (await lab.server.nextList()).json(rawStatus(503, 'ServiceUnavailable'), 503);
    await lab.passBackoff('server-error', 1_600);
    const list = await lab.server.nextList();
    expect(lab.status).toMatchObject({ synced: true, phase: { kind: 'listing' } });
    expect(lab.status.staleSinceMs).toBeDefined();
    absent(list);
    // The failure in between makes the first delay a first one again.
    await lab.passAbsence(5_000);
    expect(lab.status).toMatchObject({ synced: true, staleSinceMs: undefined });
    await lab.server.nextList();
    expect(lab.sink.verbs).toEqual(['reset']);
  });

  test('is believed to be gone only after it has been missing several times', async () => {
    (await lab.watching(['a'], optional)).reset();
    await lab.passBackoff('connection', 1_600);
    absent(await lab.server.nextWatch());
    await lab.passBackoff('not-found', 3_200);
    for (const delayMs of [5_000, 10_000]) {
      absent(await lab.server.nextList());
      await lab.passBackoff('not-found', delayMs);
      expect(lab.names).toEqual(['default/a']);
      expect(lab.status.staleSinceMs).toBeDefined();
    }
    absent(await lab.server.nextList());
    await lab.passAbsence(10_000);
    expect(lab.sink.verbs).toEqual(['reset default/a', 'reset']);
    expect(lab.status).toMatchObject({ synced: true, staleSinceMs: undefined, objects: 0 });
    expect(said(lab.log.lines).slice(-2)).toEqual([
      'info: no such resource',
      'info: not installed; counts as empty until it is',
    ]);
    (await lab.server.nextList()).json(listOf(['b'], '20'));
    await lab.granted();
    expect(lab.names).toEqual(['default/b']);
  });

  test('keeps its objects where another answer comes between', async () => {
    (await lab.watching(['a'], optional)).end();
    await lab.passBackoff('closed-early', 1_600);
    absent(await lab.server.nextWatch());
    await lab.passBackoff('not-found', 3_200);
    for (const delayMs of [5_000, 10_000]) {
      absent(await lab.server.nextList());
      await lab.passBackoff('not-found', delayMs);
    }
    (await lab.server.nextList()).json(rawStatus(503, 'ServiceUnavailable'), 503);
    await lab.passBackoff('server-error', 6_400);
    for (const delayMs of [5_000, 10_000]) {
      absent(await lab.server.nextList());
      await lab.passBackoff('not-found', delayMs);
    }
    (await lab.server.nextList()).json(listOf(['a'], '20'));
    await lab.granted();
    await until(() => lab.status.resourceVersion === '20');
    expect(lab.sink.verbs).toEqual(['reset default/a', 'reset default/a']);
  });
});
