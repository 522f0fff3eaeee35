import { podId } from '../../src/core/ids.js';
import {
  Direction,
  Measure,
  type Report,
  ReportRequest,
  type Series,
} from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { ReportReader } from '../../src/telemetry/report-reader.js';
import type { Applied, Reporter } from '../../src/telemetry/reporter.js';
import { Reporters, type ReporterLimits } from '../../src/telemetry/reporters.js';
import type { End, Subject } from '../../src/telemetry/subject.js';
import { toIpAddress } from '../../src/wire/address.js';

export const boundsMs: readonly number[] = [10, 100, 1_000];

/** A pod at one end of some traffic. */
export function end(
  name: string,
  { namespace = 'shop', owner = name.replace(/-\d+$/, ''), uid = name } = {},
): End {
  return {
    uid,
    directOwner: { kind: 'ReplicaSet', name: `${owner}-5d4` },
    workload: {
      kind: 'Pod',
      namespace,
      name,
      owner: { kind: 'Deployment', name: owner },
      serviceAccount: 'default',
      podTemplateHash: undefined,
      controlPlaneNamespace: 'conduit',
      identity: undefined,
    },
  };
}

/** A store whose clock and whose cluster the test moves. */
export function reporting({
  startMs = 1_700_000_000_000,
  limits = {},
}: {
  startMs?: number;
  limits?: Partial<ReporterLimits>;
} = {}) {
  const clock = { nowMs: startMs };
  const pods = new Map<string, End>();
  const reporters = new Reporters({
    nowMs: () => clock.nowMs,
    pod: () => undefined,
    podAt: (ip) => pods.get(ip),
    limits,
  });
  return {
    clock,
    /** By address. */
    pods,
    reporters,
    introduce: (name = 'web-1', { epochMs = clock.nowMs, owner = end(name) } = {}): Reporter =>
      reporters.introduce(podId('shop', name), owner, { namespace: 'shop', pod: name, epochMs, boundsMs }),
  };
}

/** A declaration: outbound responses of a service, unless it says otherwise. */
export function series(id: number, fields: Partial<Series> & { readonly peerIp?: string } = {}): Series {
  const { peerIp = '10.0.0.2', ...rest } = fields;
  return {
    id,
    direction: Direction.OUTBOUND,
    measure: Measure.RESPONSES,
    authority: 'api.shop.svc.cluster.local:80',
    peer: toIpAddress(peerIp),
    port: 8_080,
    tls: 0,
    outcome: { httpStatus: 200, grpcStatus: undefined, isFailure: false },
    route: '',
    epoch: 0n,
    ...rest,
  };
}

export function encodeReport(report: Partial<Report>): Buffer {
  return Buffer.from(
    ReportRequest.encode(ReportRequest.fromPartial({ message: { $case: 'report', value: report } })).finish(),
  );
}

export interface PlainReport {
  readonly sequence?: number;
  readonly complete?: boolean;
  readonly series?: readonly Series[];
  /** By the id of the series. */
  readonly values?: Readonly<Record<number, number>>;
  readonly latencies?: Readonly<Record<number, readonly number[]>>;
  readonly ended?: readonly number[];
}

export function toReport({ sequence = 1, complete = true, ...rest }: PlainReport): Partial<Report> {
  const values = Object.entries(rest.values ?? {});
  return {
    sequence: BigInt(sequence),
    complete,
    series: [...(rest.series ?? [])],
    valueSeries: values.map(([id]) => Number(id)),
    values: values.map(([, value]) => BigInt(value)),
    latencies: Object.entries(rest.latencies ?? {}).map(([id, counts]) => ({
      series: Number(id),
      counts: counts.map(BigInt),
      sumMs: counts.reduce((sum, count) => sum + count, 0) * 5,
    })),
    ended: [...(rest.ended ?? [])],
  };
}

/** Has a report read and applied, as the service does. */
export function apply(reporter: Reporter, report: PlainReport): Applied {
  const reader = new ReportReader();
  const read = reader.read(encodeReport(toReport(report)), reporter.boundsMs.length + 1);
  if (read.kind !== 'report') throw new Error(JSON.stringify(read));
  return reporter.apply(reader.report);
}

/** What is told of every subject: its other end, and the numbers of its series. */
export function told(reporter: Reporter): Record<string, number> {
  const found: Record<string, number> = {};
  for (const subject of reporter.subjects()) {
    for (const each of subject.series) {
      const { httpStatus } = each.outcome;
      const name = `${subject.peer?.workload.name ?? subject.facts.peerIp} ${each.measure} ${httpStatus}`;
      found[name] =
        each.kind === 'count'
          ? each.value - each.base
          : each.counts.reduce((sum, count) => sum + count, 0) -
            (each.base?.counts ?? []).reduce((sum, count) => sum + count, 0);
    }
  }
  return found;
}

/** By how much every subject has grown in a window: successes, and latencies in all. */
export function grown(
  reporters: Reporters,
  windowMs: number,
): Record<string, { successes: number; latencies: number }> {
  const found: Record<string, { successes: number; latencies: number }> = {};
  const add = (subject: Subject, growth: Float64Array, length: number): void => {
    const name = `${subject.owner.end.workload.name} → ${subject.peer?.workload.name ?? subject.facts.peerIp}`;
    const sum = (found[name] ??= { successes: 0, latencies: 0 });
    sum.successes += growth[0] ?? 0;
    for (let place = 6; place < length; place++) sum.latencies += growth[place] ?? 0;
  };
  reporters.windows.each(reporters.windows.cover(windowMs), ({ subject: index, growth, length }) => {
    const subject = reporters.subject(index);
    if (subject !== undefined) add(subject, growth, length);
  });
  for (const subject of reporters.untold()) add(subject, subject.growth, subject.growth.length);
  return found;
}
