import { afterEach, describe, expect, test } from 'vitest';
import {
  type Conversation,
  meshedPod,
  ScriptedDestination,
  tcp,
  weighted,
} from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { RunningProgram, run } from './run-program.js';

const web = 'web.shop.svc.cluster.local:80';
const cart = 'cart.shop.svc.cluster.local:80';
const gone = 'gone.shop.svc.cluster.local';

const setLabels = { service: 'web', namespace: 'shop' };
const pods = [
  meshedPod('127.64.0.10', 8080, { pod: 'web-5d4f8-x2x9p', zone: 'zone-b' }),
  meshedPod('127.64.0.9', 8080, { pod: 'web-5d4f8-7qk4d', zone: 'zone-a' }),
  weighted('127.64.0.2', 9000, {
    weight: 1,
    metric_labels: { pod: 'web-0', k8s_job: 'seed', zone: '', zone_locality: 'unknown' },
    protocol_hint: { opaque: {}, opaque_transport: { inbound_port: 4143 } },
  }),
  {
    // fd00::1:0:0:7
    addr: { ip: { ipv6: { first: '18230571291595767808', last: '281474976710663' } }, port: 80 },
    weight: 10_000,
    authority_override: { authority_override: 'web.example.com:80' },
    resource_ref: { resource: { group: 'core', kind: 'Pod', name: 'web-1', namespace: 'shop' } },
  },
];

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A control plane that knows some services, and others only to refuse them. */
async function listen(answer: (call: Conversation) => void = answerByName): Promise<ScriptedDestination> {
  const server = await ScriptedDestination.listen({ answer });
  cleanups.push(() => server.kill());
  return server;
}

function answerByName(call: Conversation): void {
  switch (call.request.path) {
    case web:
      return call.add(pods, setLabels);
    case cart:
      return call.noEndpoints();
    case 'absent':
      return call.noEndpoints(false);
    case gone:
      return call.fail('NOT_FOUND', 'Service gone.shop not found');
    default:
      return call.fail('INVALID_ARGUMENT', `Invalid authority: ${call.request.path}`);
  }
}

function start(args: readonly string[], surroundings?: ConstructorParameters<typeof RunningProgram>[1]) {
  const program = new RunningProgram(['endpoints', ...args], surroundings);
  cleanups.push(() => program.interrupt());
  return program;
}

describe('once', () => {
  test('prints a table', async () => {
    const { address } = await listen();
    const { code, stdout, stderr } = await run(['endpoints', web, '--addr', address]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('golden/endpoints.txt');
  });

  test('prints a document for each authority with -o json', async () => {
    const { address } = await listen();
    const { code, stdout, stderr } = await run(['endpoints', web, cart, '-o', 'json'], {
      env: { CONDUIT_ADDR: address },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('golden/endpoints-json.txt');
  });

  test('says that a service has no endpoints, or does not exist', async () => {
    const { address } = await listen();
    const { code, stdout, stderr } = await run(['endpoints', cart, 'absent', '--addr', address]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`${cart} has no endpoints.\n\nabsent does not exist.\n`);
  });

  test('prints several in the order given, whichever is answered first', async () => {
    const waiting: Conversation[] = [];
    const { address } = await listen((call) => {
      waiting.push(call);
      // The last question is answered first.
      if (waiting.length === 3) for (const earlier of waiting.toReversed()) answerByName(earlier);
    });
    const { code, stdout, stderr } = await run(['endpoints', web, gone, cart, '--addr', address]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${gone}: NOT_FOUND: Service gone.shop not found\n`,
    });
    await expect(stdout).toMatchFileSnapshot('golden/endpoints-several.txt');
  });

  test('asks as the client that the context token describes', async () => {
    const requests: unknown[] = [];
    const { address } = await listen((call) => {
      requests.push(call.request);
      call.noEndpoints();
    });
    const token = '{"ns":"shop","nodeName":"node-1"}';
    await run(['endpoints', web, '--addr', address, '--context-token', token]);
    await run(['endpoints', web, '--addr', address]);
    expect(requests).toEqual([
      { path: web, context_token: token },
      { path: web, context_token: '' },
    ]);
  });

  test('fails with a line for each authority that was not answered', async () => {
    const { address } = await listen();
    expect(await run(['endpoints', gone, '1.2.3.4:80', '--addr', address])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${gone}: NOT_FOUND: Service gone.shop not found\n1.2.3.4:80: INVALID_ARGUMENT: Invalid authority: 1.2.3.4:80\n`,
    });
  });

  test('fails where nothing listens, and where nothing answers', async () => {
    const server = await listen(() => {});
    const { address } = server;
    expect(await run(['endpoints', web, '--addr', address, '--timeout', '50ms'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${web}: DEADLINE_EXCEEDED: no answer within 50 ms\n`,
    });
    server.kill();
    expect(await run(['endpoints', web, '--addr', address])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${web}: UNAVAILABLE: cannot connect to ${address}: connection refused\n`,
    });
  });

  test('escapes what a terminal would act on', async () => {
    const { address } = await listen((call) => {
      if (call.request.path === gone) return call.fail('NOT_FOUND', 'a\u001b[31m\u202e');
      return call.add([weighted('10.0.0.1', 80, { metric_labels: { pod: 'p\u001b[2J\u009b\n\u202e' } })]);
    });
    const failed = await run(['endpoints', gone, '--addr', address]);
    expect(failed.stderr).toBe(`${gone}: NOT_FOUND: a\\u001b[31m\\u202e\n`);
    const table = await run(['endpoints', web, '--addr', address]);
    expect(table.stdout).toContain('   p\\u001b[2J\\u009b\\u000a\\u202e   ');
    const json = await run(['endpoints', web, '--addr', address, '-o', 'json']);
    expect(json.stdout).toContain('"pod": "p\\u001b[2J\\u009b\\n\\u202e"');
    expect(JSON.parse(json.stdout).endpoints[0].labels.pod).toBe('p\u001b[2J\u009b\n\u202e');
  });

  test('ends with 130 on Ctrl-C', async () => {
    const server = await listen(() => {});
    const program = start([web, '--addr', server.address]);
    await until(() => server.calls === 1);
    program.interrupt();
    expect(await program.exit).toBe(130);
    expect([program.stdout, program.stderr]).toEqual(['', '']);
  });
});

describe('--watch', () => {
  /** A script for one watch: what the server says, and what is then waited for on stdout. */
  async function watched(
    flags: readonly string[],
    surroundings: { isTty?: boolean; env?: Record<string, string> },
  ) {
    const server = await ScriptedDestination.listen();
    cleanups.push(() => server.kill());
    const program = start([web, '--watch', '--addr', server.address, ...flags], surroundings);
    const call = await server.nextCall();
    call.add(pods.slice(0, 2), setLabels);
    await until(() => program.stdout.includes('127.64.0.10'));
    call.add([pods[2]!], setLabels);
    await until(() => program.stdout.includes('127.64.0.2'));
    call.add(
      [
        meshedPod('127.64.0.9', 8080, { pod: 'web-5d4f8-7qk4d', zone: 'zone-c' }),
        meshedPod('127.64.0.10', 8080, { pod: 'web-new', zone: 'zone-b' }),
      ],
      setLabels,
    );
    call.remove(tcp('127.64.0.2', 9000), tcp('127.64.0.10', 8080));
    call.noEndpoints();
    await until(() => /has no endpoints|"removed":\[{"address":"127\.64\.0\.9/.test(program.stdout));
    return { server, program, call };
  }

  test('prints the table and then a line for each change', async () => {
    const { program } = await watched([], {});
    program.interrupt();
    expect(await program.exit).toBe(130);
    expect(program.stderr).toBe('');
    await expect(program.stdout).toMatchFileSnapshot('golden/endpoints-watch.txt');
  });

  test('prints objects, one a line, with -o json', async () => {
    const { program } = await watched(['-o', 'json'], {});
    program.interrupt({ kind: 'signal', name: 'SIGTERM' });
    expect(await program.exit).toBe(143);
    expect(program.stderr).toBe('');
    const kinds = program.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
    expect(kinds).toEqual(['snapshot', 'change', 'change', 'change', 'change']);
    await expect(program.stdout).toMatchFileSnapshot('golden/endpoints-watch-json.txt');
  });

  test.each([
    ['colours on a terminal', { isTty: true }, true],
    ['none where NO_COLOR is set', { isTty: true, env: { NO_COLOR: '1' } }, false],
    ['colours where NO_COLOR is empty', { isTty: true, env: { NO_COLOR: '' } }, true],
    ['none on a terminal without', { isTty: true, env: { TERM: 'dumb' } }, false],
    ['none elsewhere', {}, false],
  ])('has %s', async (_, surroundings, coloured) => {
    const { program } = await watched([], surroundings);
    const starts = coloured ? ['\u001b[32m+ ', '\u001b[33m~ ', '\u001b[31m- '] : ['+ ', '~ ', '- '];
    const lines = program.stdout.split('\n');
    expect(starts.filter((start) => !lines.some((line) => line.startsWith(start)))).toEqual([]);
    expect(program.stdout.includes('\u001b')).toBe(coloured);
  });

  test('tells of a lost connection once, and then of what changed meanwhile', async () => {
    const server = await ScriptedDestination.listen();
    const program = start([web, '--watch', '--addr', server.address]);
    (await server.nextCall()).add(pods.slice(0, 2), setLabels);
    await until(() => program.stdout.includes('127.64.0.9'));
    const table = program.stdout;
    server.kill();
    await until(() => program.stderr.includes('connection refused'));

    const restarted = await ScriptedDestination.listen({ port: server.port });
    cleanups.push(() => restarted.kill());
    (await restarted.nextCall()).add(pods.slice(1, 3), setLabels);
    await until(() => program.stdout.length > table.length);
    const refused = program.stderr.split('\n').filter((line) => line.includes('connection refused'));
    expect(refused).toEqual([
      `${web}: UNAVAILABLE: cannot connect to ${server.address}: connection refused; trying again`,
    ]);
    expect(program.stderr.endsWith(`${web}: connected again\n`)).toBe(true);
    expect(program.stdout.slice(table.length)).toBe(
      '+ 127.64.0.2:9000 pod=web-0 owner=job/seed weight=1 protocol=opaque transport-port=4143\n' +
        '- 127.64.0.10:8080 pod=web-5d4f8-x2x9p\n',
    );
  });

  test('tells of a lost connection on stdout with -o json', async () => {
    let calls = 0;
    const { address } = await listen((call) => {
      calls += 1;
      if (calls === 2) return call.fail('UNAVAILABLE', 'stopping');
      call.add([weighted('10.0.0.1', 80)]);
      return call.end();
    });
    const program = start([web, '--watch', '-o', 'json', '--addr', address]);
    const lines = () => program.stdout.split('\n').filter((line) => line !== '');
    await until(() => lines().length >= 4);
    const objects = lines().map((line) => JSON.parse(line));
    expect(objects.slice(0, 4)).toMatchObject([
      { kind: 'snapshot', authority: web, endpoints: [{ address: '10.0.0.1:80' }] },
      { kind: 'lost', authority: web, code: 'OK', message: 'the server ended the stream' },
      { kind: 'lost', authority: web, code: 'UNAVAILABLE', message: 'stopping' },
      { kind: 'snapshot', authority: web, endpoints: [{ address: '10.0.0.1:80' }] },
    ]);
    expect(Object.keys(objects[1])).toEqual(['kind', 'authority', 'code', 'message', 'retryInMs']);
    expect(program.stderr).toBe('');
  });

  test('waits for a service that is yet to come', async () => {
    let calls = 0;
    const { address } = await listen((call) => {
      calls += 1;
      return calls < 3 ? call.fail('NOT_FOUND', 'no such service') : call.noEndpoints();
    });
    const program = start([web, '--watch', '--addr', address]);
    await until(() => program.stdout !== '');
    expect(program.stdout).toBe(`${web} has no endpoints.\n`);
    expect(program.stderr).toBe(
      `${web}: NOT_FOUND: no such service; trying again\n${web}: connected again\n`,
    );
  });

  test('fails where the control plane was never there', async () => {
    const server = await listen();
    server.kill();
    expect(await run(['endpoints', web, cart, '--watch', '--addr', server.address])).toEqual({
      code: 1,
      stdout: '',
      stderr: [web, cart]
        .map((name) => `${name}: UNAVAILABLE: cannot connect to ${server.address}: connection refused\n`)
        .join(''),
    });
  });

  test('goes on with the others where one can never be answered', async () => {
    const { address } = await listen((call) => {
      if (call.request.path === cart) call.add([weighted('10.0.0.1', 80)]);
      else answerByName(call);
    });
    const program = start([web, cart, '1.2.3.4:80', '--watch', '--addr', address]);
    await until(() => program.stdout.includes('10.0.0.1') && program.stdout.includes('127.64.0.9'));
    expect(program.stderr).toBe('1.2.3.4:80: INVALID_ARGUMENT: Invalid authority: 1.2.3.4:80\n');
    program.interrupt();
    expect(await program.exit).toBe(130);
  });

  test('says of which authority each line is, where there are several', async () => {
    const calls = new Map<string, Conversation>();
    const { address } = await listen((call) => {
      calls.set(call.request.path, call);
      call.noEndpoints();
    });
    const program = start([web, cart, '--watch', '--addr', address]);
    await until(() => program.stdout.includes(web) && program.stdout.includes(cart));
    const before = program.stdout;
    calls.get(cart)?.add([weighted('10.0.0.1', 80)]);
    await until(() => program.stdout.length > before.length);
    expect(program.stdout.slice(before.length)).toBe(`+ ${cart} 10.0.0.1:80 weight=10000\n`);
  });

  test('ends quietly where nobody reads any more', async () => {
    const { address } = await listen();
    const program = start([web, '--watch', '--addr', address]);
    await until(() => program.stdout !== '');
    program.interrupt({ kind: 'output-closed' });
    expect(await program.exit).toBe(0);
    expect(program.stderr).toBe('');
  });
});
