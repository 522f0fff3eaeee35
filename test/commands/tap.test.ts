import { afterEach, beforeEach, expect, test } from 'vitest';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import { Direction, Event, NoticeKind } from '../../src/gen/conduit/tap/v1/tap.js';
import { until } from '../kit/until.js';
import { RunningProgram, run } from './run-program.js';
import { ScriptedTooling } from './scripted-tooling.js';

let tooling: ScriptedTooling;
beforeEach(async () => {
  tooling = await ScriptedTooling.listen();
});
afterEach(() => tooling.close());

const base = {
  pod: 'shop/web-1',
  direction: Direction.OUTBOUND,
  source: { ip: '10.0.0.1', port: 40_000, labels: new Map([['pod', 'web-1']]) },
  destination: {
    ip: 'fd00::2',
    port: 8_080,
    labels: new Map([
      ['tls', 'true'],
      ['deployment', 'api'],
    ]),
  },
};

interface Exchange {
  readonly request?: bigint;
  readonly path?: string;
  readonly latency?: { readonly seconds: bigint; readonly nanos: number };
  readonly grpcStatus?: number;
}

/** A request from its beginning to its end. */
function exchange({
  request = 7n,
  path = '/a b',
  latency = { seconds: 100n, nanos: 999_000 },
  grpcStatus = 14,
}: Exchange = {}): Event[] {
  const headers = [
    { name: 'x-trace', value: { $case: 'text' as const, value: '1' } },
    { name: 'cookie', value: { $case: 'redacted' as const, value: true } },
  ];
  const init = { method: 'GET', scheme: 'http', authority: 'api.shop', path, headers };
  const end = {
    sinceRequestInit: { seconds: 101n, nanos: 0 },
    sinceResponseInit: { seconds: 0n, nanos: 888_000 },
    responseBytes: 111n,
    end: { $case: 'grpcStatus' as const, value: grpcStatus },
  };
  return [
    Event.fromPartial({ ...base, request, event: { $case: 'requestInit', value: init } }),
    Event.fromPartial({
      ...base,
      request,
      event: { $case: 'responseInit', value: { sinceRequestInit: latency, status: 503 } },
    }),
    Event.fromPartial({ ...base, request, event: { $case: 'requestEnd', value: end } }),
  ];
}

function tapping(...args: readonly string[]): RunningProgram {
  return new RunningProgram(['tap', ...args, '--api-addr', tooling.address]);
}

async function told(program: RunningProgram): Promise<string> {
  await until(() => tooling.taps.size === 1);
  tooling.tell({ events: exchange(), books: { received: 5n, delivered: 3n, sampledOut: 2n } });
  await until(() => program.stdout.split('\n').length === 4);
  program.interrupt();
  expect(await program.exit).toBe(130);
  expect(program.stderr).toBe('received 5 events = 3 shown + 2 sampled out\n');
  await until(() => tooling.taps.size === 0);
  return program.stdout;
}

test('a line for each event, until it is interrupted; then the books', async () => {
  expect(await told(tapping('deploy/web', '-n', 'shop'))).toBe(`\
req id=7 proxy=out src=web-1:40000 dst=[fd00::2]:8080 tls=true :method=GET :authority=api.shop :path=/a\\u0020b
rsp id=7 proxy=out src=web-1:40000 dst=[fd00::2]:8080 tls=true :status=503 latency=100000999µs
end id=7 proxy=out src=web-1:40000 dst=[fd00::2]:8080 tls=true grpc-status=Unavailable duration=888µs response-length=111B
`);
});

test('wide lines have labels and headers', async () => {
  const [first] = (await told(tapping('deploy/web', '-n', 'shop', '-o', 'wide', '--headers'))).split('\n');
  expect(first).toBe(
    'req id=7 proxy=out src=10.0.0.1:40000 dst=[fd00::2]:8080 tls=true :method=GET :authority=api.shop :path=/a\\u0020b src_pod=web-1 dst_deployment=api dst_tls=true header:x-trace=1 header:cookie=(withheld)',
  );
  expect(tooling.tapped).toMatchObject([{ extractHeaders: true }]);
});

test('JSON is an object a line, with names and units that stay', async () => {
  const lines = (await told(tapping('deploy/web', '-o', 'json'))).trim().split('\n');
  const source = { ip: '10.0.0.1', port: 40_000, labels: { pod: 'web-1' } };
  const destination = { ip: 'fd00::2', port: 8_080, labels: { tls: 'true', deployment: 'api' } };
  const same = { request: '7', pod: 'shop/web-1', proxy: 'out', source, destination, route_labels: {} };
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      event: 'request',
      method: 'GET',
      scheme: 'http',
      authority: 'api.shop',
      path: '/a b',
      headers: [
        { name: 'x-trace', value: '1' },
        { name: 'cookie', value: null },
      ],
      ...same,
    },
    { event: 'response', status: 503, latency_ms: 100_000.999, headers: [], ...same },
    {
      event: 'end',
      since_request_ms: 101_000,
      since_response_ms: 0.888,
      response_bytes: 111,
      grpc_status: 14,
      grpc_status_name: 'Unavailable',
      reset_error: null,
      lost: false,
      trailers: [],
      ...same,
    },
  ]);
});

test('what is asked for is what the flags say', async () => {
  const program = tapping(
    'po',
    '-n',
    'shop',
    '-l',
    'app=web',
    '--to',
    'svc/api',
    '--method',
    'get',
    '--path',
    '/a',
    '--authority',
    'api',
    '--status',
    '5xx',
    '--status',
    '404',
    '--min-latency',
    '1s500ms',
    '--header',
    'x-trace',
    '--max-rps',
    '2.5',
  );
  await until(() => tooling.taps.size === 1);
  expect(tooling.tapped).toMatchObject([
    {
      target: { kind: ResourceKind.POD, namespace: 'shop', name: '', labelSelector: 'app=web' },
      edge: { $case: 'to', value: { kind: ResourceKind.SERVICE, namespace: 'shop', name: 'api' } },
      method: 'get',
      authority: 'api',
      pathPrefix: '/a',
      statuses: [
        { min: 500, max: 599 },
        { min: 404, max: 404 },
      ],
      minLatency: { seconds: 1n, nanos: 500_000_000 },
      headers: ['x-trace'],
      maxRps: 2.5,
      extractHeaders: false,
    },
  ]);
  program.interrupt();
  await program.exit;
});

test('a target that is gone ends it with the sentence, and without a failure', async () => {
  const program = tapping('deploy/web', '-n', 'shop');
  await until(() => tooling.taps.size === 1);
  tooling.tell({
    notices: [
      { kind: NoticeKind.POD_TAPPED, pod: 'shop/web-1', text: 'shop/web-1 is tapped' },
      { kind: NoticeKind.TARGET_GONE, pod: '', text: 'Deployment web in namespace shop is gone' },
    ],
  });
  tooling.end();
  expect(await program.exit).toBe(0);
  expect(program.stderr).toBe('Deployment web in namespace shop is gone\n');
});

test('a reader that has gone ends it at once', async () => {
  const program = tapping('deploy/web');
  await until(() => tooling.taps.size === 1);
  program.interrupt({ kind: 'output-closed' });
  expect(await program.exit).toBe(0);
});

test('what is refused is told in the words of the control plane', async () => {
  const program = tapping('deploy/web');
  await until(() => tooling.taps.size === 1);
  tooling.end({ code: 'PERMISSION_DENIED', details: 'jane may not watch deployments/tap' });
  expect(await program.exit).toBe(1);
  expect(program.stderr).toBe('conduit tap: PERMISSION_DENIED: jane may not watch deployments/tap\n');
});

test.each<[readonly string[], string]>([
  [['deploy,sts'], 'conduit tap: deploy,sts: one resource, or all of one type, can be watched\n'],
  [
    ['deploy', '--status', '99'],
    'conduit tap: --status "99": expected a status such as 404, 5xx or 400-499\n',
  ],
  [['deploy', '--max-rps', '0'], 'conduit tap: --max-rps "0": expected a number above 0, up to 100000\n'],
])('%j', async (args, stderr) => {
  expect(await run(['tap', ...args, '--api-addr', tooling.address])).toEqual({ code: 2, stdout: '', stderr });
});

test('top sums up what has ended, once, as a table and as JSON', async () => {
  const show = async (...args: readonly string[]) => {
    const program = new RunningProgram([
      'top',
      'deploy/web',
      '--once',
      '--for',
      '600ms',
      ...args,
      '--api-addr',
      tooling.address,
    ]);
    await until(() => tooling.taps.size === 1);
    for (let request = 1n; request <= 4n; request++) {
      const latency = { seconds: 0n, nanos: Number(request) * 4_000_000 };
      const grpcStatus = request === 4n ? 14 : 0;
      tooling.tell({ events: exchange({ request, path: `/orders/${request}`, latency, grpcStatus }) });
    }
    expect(await program.exit).toBe(0);
    await until(() => tooling.taps.size === 0);
    return program.stdout;
  };
  expect(await show()).toBe(`\
SOURCE   DESTINATION   METHOD   PATH           COUNT    BEST   WORST   LAST   SUCCESS
web-1    fd00::2       GET      /orders/{id}       4   4.0ms    16ms   16ms    75.00%
`);
  expect(JSON.parse(await show('-o', 'json'))).toEqual([
    {
      source: 'web-1',
      destination: 'fd00::2',
      method: 'GET',
      path: '/orders/{id}',
      count: 4,
      best_ms: 4,
      worst_ms: 16,
      last_ms: 16,
      success_rate: 0.75,
    },
  ]);
});

test('top needs a terminal, or --once', async () => {
  const { code, stderr } = await run(['top', 'deploy/web', '--api-addr', tooling.address]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'conduit top: stdout is no terminal; use --once\n' });
});
