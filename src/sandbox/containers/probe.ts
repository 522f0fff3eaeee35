import { request } from 'node:http';
import { connect } from 'node:net';
import { fieldsAt, numberAt, recordsAt, textAt, at } from '../store/field.js';

/** How to find out whether a container can serve. */
export interface Probe {
  readonly check: Check;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export type Check =
  /** It serves as soon as it runs. */
  | { readonly kind: 'none' }
  /** All of these accept connections. */
  | { readonly kind: 'tcp'; readonly ports: readonly number[] }
  | {
      readonly kind: 'http';
      readonly port: number;
      readonly path: string;
      readonly headers: readonly (readonly [string, string])[];
    };

/**
 * The `readinessProbe` of a container where it is `httpGet` (by plain HTTP) or `tcpSocket`. Any other container is ready
 * once every TCP port that it declares accepts connections, which Kubernetes doesn't ask for and every program means.
 */
export function readinessProbe(container: unknown): Probe {
  const declared = fieldsAt(container, 'readinessProbe');
  const milliseconds = (field: string, otherwise: number): number =>
    (numberAt(declared, field) ?? otherwise) * 1_000;
  return {
    check: declaredCheck(container, declared) ?? portsCheck(container),
    initialDelayMs: milliseconds('initialDelaySeconds', 0),
    periodMs: milliseconds('periodSeconds', 10),
    timeoutMs: milliseconds('timeoutSeconds', 1),
    successThreshold: numberAt(declared, 'successThreshold') ?? 1,
    failureThreshold: numberAt(declared, 'failureThreshold') ?? 3,
  };
}

/** The TCP ports that a container declares. */
export function tcpPorts(container: unknown): readonly number[] {
  return recordsAt(container, 'ports')
    .filter((port) => (textAt(port, 'protocol') ?? 'TCP') === 'TCP')
    .flatMap((port) => numberAt(port, 'containerPort') ?? []);
}

function portsCheck(container: unknown): Check {
  const ports = tcpPorts(container);
  return ports.length === 0 ? { kind: 'none' } : { kind: 'tcp', ports };
}

function declaredCheck(container: unknown, probe: unknown): Check | undefined {
  const http = fieldsAt(probe, 'httpGet');
  const httpPort = portOf(container, at(http, 'port'));
  if (http && httpPort !== undefined && textAt(http, 'scheme') !== 'HTTPS') {
    return {
      kind: 'http',
      port: httpPort,
      path: textAt(http, 'path') ?? '/',
      headers: recordsAt(http, 'httpHeaders').map((header) => [
        textAt(header, 'name') ?? '',
        textAt(header, 'value') ?? '',
      ]),
    };
  }
  const tcpPort = portOf(container, at(probe, 'tcpSocket', 'port') ?? at(http, 'port'));
  return tcpPort === undefined ? undefined : { kind: 'tcp', ports: [tcpPort] };
}

/** A probe names a port by its number, or by its name among those of the container. */
function portOf(container: unknown, port: unknown): number | undefined {
  if (typeof port === 'number') return port;
  if (typeof port !== 'string') return undefined;
  return numberAt(
    recordsAt(container, 'ports').find(({ name }) => name === port),
    'containerPort',
  );
}

/** Makes one attempt. Resolves to what is wrong, or to undefined where nothing is. Never rejects. */
export async function attempt(
  check: Check,
  options: { readonly host: string; readonly timeoutMs: number },
): Promise<string | undefined> {
  switch (check.kind) {
    case 'none':
      return undefined;
    case 'tcp': {
      const problems = await Promise.all(check.ports.map((port) => connectProblem(port, options)));
      return problems.find((problem) => problem !== undefined);
    }
    case 'http':
      return httpProblem(check, options);
  }
}

interface AttemptOptions {
  readonly host: string;
  readonly timeoutMs: number;
}

function connectProblem(port: number, { host, timeoutMs }: AttemptOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (problem: string | undefined): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(timeoutMs, () => done(`${host}:${port} did not answer within ${timeoutMs} ms`));
    socket.on('connect', () => done(undefined));
    socket.on('error', (error) => done(error.message));
  });
}

/** Codes from 200 to 399 are a success, and redirects aren't followed: so the kubelet judges. */
function httpProblem(
  { port, path, headers }: Extract<Check, { kind: 'http' }>,
  { host, timeoutMs }: AttemptOptions,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const client = request({
      host,
      port,
      path,
      headers: Object.fromEntries(headers),
      agent: false,
      timeout: timeoutMs,
    });
    const done = (problem: string | undefined): void => {
      client.destroy();
      resolve(problem);
    };
    client.on('timeout', () => done(`${host}:${port}${path} did not answer within ${timeoutMs} ms`));
    client.on('error', (error) => done(error.message));
    client.on('response', ({ statusCode = 0 }) => {
      done(
        statusCode >= 200 && statusCode < 400
          ? undefined
          : `HTTP probe failed with statuscode: ${statusCode}`,
      );
    });
    client.end();
  });
}
