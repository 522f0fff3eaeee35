import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { weighted } from '../client/scripted-destination.js';
import { bufCurl, bufCurlStream } from '../grpc/buf-curl.js';
import { runLab } from '../grpc/lab.js';
import { has } from '../kit/program.js';
import { until } from '../kit/until.js';
import { Lab, type Services } from './lab.js';

const runFile = promisify(execFile);
const authority = 'web.shop.svc.cluster.local';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** The port of an outbound sidecar before an inbound one before an application. */
async function meshTo(port: number, hint: boolean): Promise<number> {
  const sidecar = await lab.sidecar(port);
  const addrs = [weighted('127.0.0.1', sidecar, hint ? { protocol_hint: { h2: {} } } : {})];
  const destination = await lab.destination({ [`${authority}:80`]: { addrs } });
  return (await lab.proxy({ destinationAddress: destination.address })).outboundPort;
}

// Clients that others wrote, which see what ours might overlook.
describe.skipIf(!has('h2load') || !has('nghttp'))('through two sidecars', () => {
  test.each([
    ['HTTP/2', ['-n', '2000', '-c', '4', '-m', '250']],
    ['HTTP/1.1', ['--h1', '-n', '500', '-c', '50']],
  ])('%s: h2load has every request answered', async (name, args) => {
    const app =
      name === 'HTTP/2'
        ? await lab.http2App((stream) => {
            stream.respond({ ':status': 200 });
            stream.end('hello');
          })
        : await lab.http1App((_request, response) => response.end('hello'));
    const port = await meshTo(app.port, name === 'HTTP/2');
    const { stdout } = await runFile('h2load', [
      ...args,
      `--connect-to=127.0.0.1:${port}`,
      `http://${authority}/`,
    ]);
    const count = args[args.indexOf('-n') + 1];
    expect(stdout).toContain(
      `requests: ${count} total, ${count} started, ${count} done, ${count} succeeded, 0 failed, 0 errored, 0 timeout`,
    );
    expect(stdout).toContain(`status codes: ${count} 2xx, 0 3xx, 0 4xx, 0 5xx`);
  });

  test('nghttp sees trailers behind the body', async () => {
    const app = await lab.http2App((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-check': 'ok' }));
      stream.end('hello');
    });
    const port = await meshTo(app.port, true);
    const { stdout } = await runFile('nghttp', [
      '-v',
      '-H',
      `:authority: ${authority}`,
      `http://127.0.0.1:${port}/`,
    ]);
    expect(stdout.indexOf('hello')).toBeGreaterThan(0);
    expect(stdout.indexOf('x-check: ok')).toBeGreaterThan(stdout.indexOf('hello'));
  });
});

describe('buf curl through two sidecars', () => {
  /** The URL of a gRPC server behind both: what it says there is the authority that the sidecar looks up. */
  async function urlOf(port: number): Promise<string> {
    const sidecar = await lab.sidecar(port);
    const services: Services = {};
    const destination = await lab.destination(services);
    const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
    services[`127.0.0.1:${outboundPort}`] = {
      addrs: [weighted('127.0.0.1', sidecar, { protocol_hint: { h2: {} } })],
    };
    return `http://127.0.0.1:${outboundPort}`;
  }

  test('asks by reflection, gets answers and errors, and follows a stream to its end', async () => {
    const { server } = await runLab({ services: [] });
    const url = await urlOf(server.port);
    const health = `${url}/grpc.health.v1.Health`;
    const watched = bufCurlStream('-d', '{}', `${health}/Watch`);
    await until(() => watched().includes('"SERVING"'), { timeoutMs: 15_000 });

    const [listed, checked, unknown] = await Promise.all([
      bufCurl('--list-services', url),
      bufCurl('-d', '{}', `${health}/Check`),
      bufCurl('-d', '{"service": "no.Such"}', `${health}/Check`),
    ]);
    expect(listed).toEqual({
      stdout: [
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        '',
      ].join('\n'),
      stderr: '',
    });
    expect(JSON.parse(checked.stdout)).toEqual({ status: 'SERVING' });
    expect(JSON.parse(unknown.stderr)).toMatchObject({ code: 'not_found' });

    const drained = server.drain({ graceMs: 5_000 });
    await until(() => watched().includes('"unavailable"'), { timeoutMs: 15_000 });
    expect(watched()).toContain('shutting down');
    await drained;
  });
});
