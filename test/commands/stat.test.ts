import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StatRow } from '../../src/gen/conduit/api/v1/api.js';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import { until } from '../kit/until.js';
import { RunningProgram, run } from './run-program.js';
import { ScriptedTooling } from './scripted-tooling.js';

let tooling: ScriptedTooling;
beforeEach(async () => {
  tooling = await ScriptedTooling.listen();
});
afterEach(() => tooling.close());

const deployment = (name: string, fields: Partial<StatRow> = {}): StatRow => ({
  resource: { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name },
  pods: { meshed: 1, running: 2 },
  http: undefined,
  tcp: undefined,
  ...fields,
});

const http = {
  successes: 97,
  failures: 3,
  mutualTls: 50,
  latencyP50Ms: 1.2,
  latencyP95Ms: 21.6,
  latencyP99Ms: undefined,
};

function tables(...rows: readonly StatRow[]) {
  return {
    tables: [{ kind: ResourceKind.DEPLOYMENT, rows: [...rows] }],
    window: { seconds: 50n, nanos: 0 },
  };
}

const stat = (...args: readonly string[]) => run(['stat', ...args, '--api-addr', tooling.address]);

test('a table: dashes for what there is nothing to say of, and nothing that isn’t all told as all', async () => {
  tooling.answer = tables(
    deployment('api', { http, tcp: { openConnections: 4, readBytes: 500, writtenBytes: 75 } }),
    deployment('db', { tcp: { openConnections: 1, readBytes: 0, writtenBytes: 0 } }),
    deployment('web', { http: { ...http, successes: 999_999, failures: 1, mutualTls: 1_000_000 } }),
  );
  expect(await stat('deploy', '-n', 'shop', '-o', 'wide')).toEqual({
    code: 0,
    stdout: `\
NAME   MESHED   SUCCESS          RPS   LATENCY_P50   LATENCY_P95   LATENCY_P99    TLS   TCP_CONN   READ_BYTES/SEC   WRITE_BYTES/SEC
api       1/2    97.00%       2.0rps           1ms          22ms             -    50%          4          10.0B/s            1.5B/s
db        1/2         -            -             -             -             -      -          1           0.0B/s            0.0B/s
web       1/2    99.99%   20000.0rps           1ms          22ms             -   100%          -                -                 -
`,
    stderr: '',
  });
  expect(tooling.asked).toMatchObject([
    {
      selections: [{ kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: '', labelSelector: '' }],
      window: { seconds: 60n, nanos: 0 },
      edge: undefined,
    },
  ]);
});

test('several kinds are told apart, and what is incomplete is said', async () => {
  tooling.answer = {
    tables: [
      { kind: ResourceKind.DEPLOYMENT, rows: [deployment('web')] },
      { kind: ResourceKind.STATEFUL_SET, rows: [] },
      {
        kind: ResourceKind.SERVICE,
        rows: [
          deployment('w\u001b[2Jeb', { resource: { kind: 10, namespace: 'shop', name: 'w\u001b[2Jeb' } }),
        ],
      },
    ],
    window: { seconds: 5n, nanos: 0 },
    incompleteBecause: 'this control plane has known of traffic for 5 s only',
  };
  const { stdout, stderr } = await stat('deploy,sts,svc', '-A', '-t', '10m');
  expect(stdout).toBe(`\
NAMESPACE   NAME         MESHED   SUCCESS   RPS   LATENCY_P50   LATENCY_P95   LATENCY_P99   TLS
shop        deploy/web      1/2         -     -             -             -             -     -

NAMESPACE   NAME               MESHED   SUCCESS   RPS   LATENCY_P50   LATENCY_P95   LATENCY_P99   TLS
shop        svc/w\\u001b[2Jeb      1/2         -     -             -             -             -     -
`);
  expect(stderr).toBe('Incomplete: this control plane has known of traffic for 5 s only.\n');
});

test('JSON has the same names and units for every resource', async () => {
  tooling.answer = tables(deployment('api', { http }));
  const { stdout } = await stat('deploy/api', '-n', 'shop', '-o', 'json');
  expect(JSON.parse(stdout)).toEqual([
    {
      kind: 'deployment',
      namespace: 'shop',
      name: 'api',
      meshed_pods: 1,
      running_pods: 2,
      success_rate: 0.97,
      successes: 97,
      failures: 3,
      rps: 2,
      latency_ms_p50: 1.2,
      latency_ms_p95: 21.6,
      latency_ms_p99: null,
      tls: 0.5,
      tcp_open_connections: null,
      tcp_read_bytes_per_second: null,
      tcp_written_bytes_per_second: null,
    },
  ]);
});

test('edges and labels are asked for as they are given', async () => {
  await stat(
    'deploy/web',
    'po/web-1',
    '-n',
    'shop',
    '-l',
    'app=web',
    '--to',
    'svc/api',
    '--to-namespace',
    'back',
  );
  await stat('svc', '-n', 'shop', '--from', 'deploy/web');
  expect(tooling.asked).toMatchObject([
    {
      selections: [
        { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: 'web', labelSelector: 'app=web' },
        { kind: ResourceKind.POD, namespace: 'shop', name: 'web-1', labelSelector: 'app=web' },
      ],
      edge: { $case: 'to', value: { kind: ResourceKind.SERVICE, namespace: 'back', name: 'api' } },
    },
    { edge: { $case: 'from', value: { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: 'web' } } },
  ]);
});

test('without anything to show that is a line on stderr, and no failure', async () => {
  tooling.answer = tables();
  expect(await stat('deploy', '-n', 'shop')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No resources found in namespace shop.\n',
  });
  expect((await stat('deploy', '--to', 'svc')).stderr).toBe('No traffic found.\n');
});

test('colours tell bad rates, on a terminal only', async () => {
  tooling.answer = tables(deployment('api', { http: { ...http, successes: 50, failures: 50 } }));
  const args = ['stat', 'deploy', '--api-addr', tooling.address];
  expect((await run(args, { isTty: true })).stdout).toContain('\u001b[31m 50.00%\u001b[0m');
  expect((await run(args, { isTty: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
});

test('a watch shows it again until it is interrupted', async () => {
  tooling.answer = tables(deployment('web'));
  const program = new RunningProgram(['stat', 'deploy', '-w', '--api-addr', tooling.address]);
  await until(() => program.stdout.split('\n\n').length === 2, { timeoutMs: 8_000 });
  program.interrupt();
  expect(await program.exit).toBe(130);
  expect(program.stdout.split('\n\n')[0]).toBe(program.stdout.split('\n\n')[1]?.trimEnd());
});

describe('what is wrong is one line', () => {
  test.each<[readonly string[], string]>([
    [
      ['depoy'],
      'conduit stat: depoy: no type of resource that has traffic; did you mean deploy? There are: ns, deploy, sts, ds, rs, rc, job, cj, po, svc, au, all\n',
    ],
    [
      ['deploy/web/x'],
      'conduit stat: deploy/web/x: there is no such form of a resource; expected TYPE/NAME\n',
    ],
    [['deploy/'], 'conduit stat: deploy/: there is no such form of a resource; expected TYPE/NAME\n'],
    [
      ['deploy,sts', 'web'],
      'conduit stat: deploy,sts web: names are of one type; expected TYPE NAME..., or TYPE/NAME for each\n',
    ],
    [['deploy', '-A', '-n', 'shop'], 'conduit stat: --all-namespaces and --namespace exclude each other\n'],
    [
      ['deploy/web', '-A'],
      "conduit stat: web: a resource is in one namespace, and can't be asked for by name in all\n",
    ],
    [['deploy', '--to', 'svc', '--from', 'po'], 'conduit stat: --to and --from exclude each other\n'],
    [['deploy', '--to-namespace', 'shop'], 'conduit stat: --to-namespace needs --to\n'],
    [
      ['deploy', '-t', '5s'],
      'conduit stat: --time-window "5s": expected a duration from 10s to 1h, such as 500ms, 10s or 1m30s\n',
    ],
    [
      ['deploy', '-t', '2h'],
      'conduit stat: --time-window "2h": expected a duration from 10s to 1h, such as 500ms, 10s or 1m30s\n',
    ],
  ])('%j', async (args, stderr) => {
    expect(await stat(...args)).toEqual({ code: 2, stdout: '', stderr });
    expect(tooling.asked).toEqual([]);
  });

  test('of the control plane, in its words', async () => {
    tooling.answer = { code: 'NOT_FOUND', details: 'there is no deployment x in namespace shop' };
    expect(await stat('deploy/x', '-n', 'shop')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'conduit stat: NOT_FOUND: there is no deployment x in namespace shop\n',
    });
  });

  test('where there is none', async () => {
    tooling.close();
    const { code, stderr } = await stat('deploy');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `conduit stat: UNAVAILABLE: cannot connect to ${tooling.address}: connection refused\n`,
    });
  });
});
