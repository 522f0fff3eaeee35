import type { RequestEnd, RequestStart, Target } from '../../src/proxy/metrics/observer.js';

/** What the proxy tells its observers, with the parts that a test is about. */
export function requestStart({
  target,
  head,
  ...rest
}: Partial<Omit<RequestStart, 'target' | 'head'>> & {
  readonly target?: Partial<Target>;
  readonly head?: Partial<RequestStart['head']>;
} = {}): RequestStart {
  return {
    direction: 'outbound',
    client: { ip: '127.0.0.1', port: 50_000 },
    routeLabels: new Map(),
    ...rest,
    target: {
      ip: '10.0.0.7',
      port: 8080,
      address: '10.0.0.7:8080',
      authority: 'web.shop.svc.cluster.local:80',
      labels: new Map(),
      ...target,
    },
    head: {
      version: '1.1',
      method: 'GET',
      scheme: 'http',
      authority: 'web.shop',
      path: '/',
      fields: [],
      upgrade: undefined,
      ...head,
    },
  };
}

export function requestEnd(end: Partial<RequestEnd> = {}): RequestEnd {
  return {
    status: 200,
    grpcStatus: undefined,
    classification: 'success',
    error: undefined,
    resetCode: undefined,
    trailers: [],
    requestBytes: 0,
    responseBytes: 0,
    sinceRequestMs: 3,
    sinceResponseMs: 1,
    ...end,
  };
}
