import type { sendUnaryData, ServerReadableStream, ServerUnaryCall } from '@grpc/grpc-js';
import { Counter, Histogram, Registry } from 'prom-client';
import { podId } from '../../src/core/ids.js';
import { ReportRequest, TelemetryService } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import type { GrpcService } from '../../src/grpc/service.js';
import { createTelemetryService } from '../../src/grpc/telemetry.js';
import { Reporters } from '../../src/telemetry/reporters.js';
import type { ReportingPods } from '../../src/telemetry/reporting-pods.js';
import type { End } from '../../src/telemetry/subject.js';
import { boundsMs } from './reports.js';

/** A way of taking reports. */
export interface Variant {
  readonly service: GrpcService;
  /** How many requests the numbers that it has tell of. */
  readonly total: () => Promise<number> | number;
}

export type VariantName = 'streamed' | 'unary' | 'per observation';

/** A cluster in which every pod exists, and calls from wherever it is. */
export const anyPod: ReportingPods = {
  caller: (id) => ({ ok: true, end: endOf(id.slice(id.indexOf('/') + 1)) }),
  pod: () => undefined,
  podAt: (ip) => endOf(`api-${ip}`),
};

const ends = new Map<string, End>();

function endOf(name: string): End {
  let end = ends.get(name);
  if (end === undefined) {
    end = {
      uid: name,
      directOwner: undefined,
      workload: {
        kind: 'Pod',
        namespace: 'shop',
        name,
        owner: { kind: 'Deployment', name: name.replace(/-[^-]*$/, '') },
        serviceAccount: 'default',
        podTemplateHash: undefined,
        controlPlaneNamespace: 'conduit',
        identity: undefined,
      },
    };
    ends.set(name, end);
  }
  return end;
}

export function createReporters(nowMs: () => number = () => Date.now()): Reporters {
  return new Reporters({ nowMs, pod: () => undefined, podAt: (ip) => anyPod.podAt(ip) });
}

/** As the control plane does it. */
function streamed(): Variant {
  const reporters = createReporters();
  const service = createTelemetryService({
    reporters,
    pods: anyPod,
    registry: new Registry(),
    intervalMs: () => 2_000,
  });
  setInterval(() => reporters.turn(), 5_000).unref();
  return { service, total: () => totalOf(reporters) };
}

export function totalOf(reporters: Reporters): number {
  let total = 0;
  for (const reporter of reporters.all()) {
    for (const { series } of reporter.subjects()) {
      for (const each of series) if (each.kind === 'count') total += each.value;
    }
  }
  return total;
}

/** A call for each report, which the generated code decodes; the rest is a map of the latest numbers. */
function unary(): Variant {
  const latest = new Map<string, Map<number, bigint>>();
  const report = (
    { request, metadata }: ServerUnaryCall<ReportRequest, Buffer>,
    respond: sendUnaryData<Buffer>,
  ): void => {
    if (request.message?.$case === 'report') {
      const pod = String(metadata.get('pod')[0]);
      let values = latest.get(pod);
      if (values === undefined) latest.set(pod, (values = new Map()));
      const { value } = request.message;
      for (const [index, series] of value.valueSeries.entries()) {
        values.set(series, value.values[index] ?? 0n);
      }
    }
    respond(null, Buffer.alloc(0));
  };
  const definition = {
    report: {
      ...TelemetryService.report,
      requestStream: false as const,
      responseStream: false as const,
      requestDeserialize: (bytes: Buffer) => ReportRequest.decode(bytes),
      responseSerialize: (bytes: Buffer): Buffer => bytes,
    },
  };
  const total = (): number => {
    let sum = 0n;
    for (const values of latest.values()) for (const value of values.values()) sum += value;
    return Number(sum);
  };
  return { service: { definition, implementation: { report } }, total };
}

/** The naive way: a message for each request that was answered, counted by a metrics library. */
function perObservation(): Variant {
  const registers = [new Registry()];
  const labelNames = ['pod', 'peer', 'status'] as const;
  const responses = new Counter({ name: 'responses', help: 'x', labelNames, registers });
  const latencies = new Histogram({
    name: 'latencies',
    help: 'x',
    labelNames,
    buckets: [...boundsMs],
    registers,
  });
  const report = (call: ServerReadableStream<ReportRequest, Buffer>): void => {
    const pod = String(call.metadata.get('pod')[0]);
    call.on('data', ({ message }: ReportRequest) => {
      if (message?.$case !== 'report') return;
      const { valueSeries, values } = message.value;
      const labels = { pod, peer: String(valueSeries[0]), status: '200' };
      responses.inc(labels);
      latencies.observe(labels, Number(values[0]));
    });
  };
  const definition = {
    report: {
      ...TelemetryService.report,
      requestDeserialize: (bytes: Buffer) => ReportRequest.decode(bytes),
      responseSerialize: (bytes: Buffer): Buffer => bytes,
    },
  };
  const total = async (): Promise<number> =>
    (await responses.get()).values.reduce((sum, { value }) => sum + value, 0);
  return { service: { definition, implementation: { report } }, total };
}

export const variants: Readonly<Record<VariantName, () => Variant>> = {
  streamed,
  unary,
  'per observation': perObservation,
};

export function podOf(connection: number): ReturnType<typeof podId> {
  return podId('shop', `web-${connection}`);
}
