import { performance } from 'node:perf_hooks';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { type PodId, podId } from '../core/ids.js';
import { TelemetryService } from '../gen/conduit/telemetry/v1/telemetry.js';
import { readIntroduction } from '../telemetry/introduction.js';
import { createTelemetryMetrics, type TelemetryMetrics } from '../telemetry/metrics.js';
import { ReportReader } from '../telemetry/report-reader.js';
import type { Reporter } from '../telemetry/reporter.js';
import type { Reporters } from '../telemetry/reporters.js';
import type { ReportingPods } from '../telemetry/reporting-pods.js';
import { type OpenCall, openCallOf, type Receiver } from './open-call.js';
import { ReportAnswers } from './report-answers.js';
import type { GrpcService } from './service.js';
import { StatusError } from './status.js';

export interface TelemetryOptions {
  readonly reporters: Reporters;
  readonly pods: ReportingPods;
  readonly registry: Registry;
  /** What proxies are told to wait from one report to the next, where so many report. */
  readonly intervalMs: (proxies: number) => number;
  /** How many proxies may report at a time. Default 20,000. */
  readonly maxCalls?: number;
  /** How long a proxy may take to introduce itself. Default 10 s. */
  readonly introductionMs?: number;
}

const defaultIntroductionMs = 10_000;

type Call = ServerDuplexStream<Buffer, Buffer>;

/** `conduit.telemetry.v1.Telemetry`; its order of messages and its errors stand beside it in proto/. */
export function createTelemetryService(options: TelemetryOptions): GrpcService {
  const { reporters, registry, maxCalls = 20_000 } = options;
  const calls = new Map<PodId, ReportCall>();
  const metrics = createTelemetryMetrics(registry, { reporters, calls: () => calls.size });
  const shared = { reader: new ReportReader(), answers: new ReportAnswers() };
  const context: CallContext = { ...options, ...shared, calls, metrics };

  const report = (call: Call): void => {
    if (calls.size >= maxCalls) {
      throw new StatusError(status.RESOURCE_EXHAUSTED, `${maxCalls} proxies report already`);
    }
    new ReportCall(call, context).start();
  };

  // The messages are read by hand, as they come: objects that wait for their turn are what costs, not the reading.
  const definition = {
    report: {
      ...TelemetryService.report,
      requestDeserialize: (bytes: Buffer): Buffer => bytes,
      responseSerialize: (bytes: Buffer): Buffer => bytes,
    },
  };
  return { definition, implementation: { report } };
}

interface CallContext extends TelemetryOptions {
  /** The present call of each pod. */
  readonly calls: Map<PodId, ReportCall>;
  readonly metrics: TelemetryMetrics;
  /** Of all calls: a report is read and applied in one go, and what is used all the time stays in the CPU's caches. */
  readonly reader: ReportReader;
  readonly answers: ReportAnswers;
}

/** One proxy's call: a message is read when the answer to the one before has been taken. */
class ReportCall implements Receiver {
  readonly #call: Call;
  readonly #open: OpenCall;
  readonly #context: CallContext;
  #reporter: Reporter | undefined;
  #introductionTimer: NodeJS.Timeout | undefined;
  readonly #onTaken = (): void => this.#open.next();

  constructor(call: Call, context: CallContext) {
    this.#call = call;
    this.#open = openCallOf(call);
    this.#context = context;
  }

  start(): void {
    this.#open.whenOver(() => this.#leave());
    const { introductionMs = defaultIntroductionMs } = this.#context;
    this.#introductionTimer = setTimeout(() => {
      const details = `introduction: absent for ${introductionMs / 1_000} s; expected first`;
      this.#open.end({ code: status.INVALID_ARGUMENT, details });
    }, introductionMs).unref();
    this.#open.receive(this);
    this.#open.next();
  }

  message(bytes: unknown): void {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('the definition reads messages as bytes');
    this.#receive(bytes);
  }

  end(): void {
    this.#call.end();
  }

  #receive(bytes: Uint8Array): void {
    const startedMs = performance.now();
    const reporter = this.#reporter;
    const read = this.#context.reader.read(bytes, reporter === undefined ? 0 : reporter.boundsMs.length + 1);
    switch (read.kind) {
      case 'problem':
        this.#refuse(read.problem, startedMs);
        return;
      case 'introduction':
        if (reporter !== undefined) this.#refuse('introduction: a second one; expected a report', startedMs);
        else this.#introduce(read.bytes);
        return;
      case 'report':
        if (reporter === undefined) this.#refuse('report: before an introduction', startedMs);
        else this.#apply(reporter, startedMs);
    }
  }

  #introduce(bytes: Uint8Array): void {
    const read = readIntroduction(bytes);
    if (!read.ok) throw new StatusError(status.INVALID_ARGUMENT, read.problem);
    const { pods, reporters, calls } = this.#context;
    const { namespace, pod } = read.value;
    const id = podId(namespace, pod);
    const { peer } = this.#open;
    const caller = pods.caller(id, peer.slice(0, peer.lastIndexOf(':')));
    if (!caller.ok) throw new StatusError(status.PERMISSION_DENIED, caller.problem);
    clearTimeout(this.#introductionTimer);
    const former = calls.get(id);
    calls.set(id, this);
    former?.supersede();
    this.#reporter = reporters.introduce(id, caller.end, read.value);
    this.#answer({ sequence: 0, resendAll: false });
  }

  #apply(reporter: Reporter, startedMs: number): void {
    const { metrics, reader } = this.#context;
    const applied = reporter.apply(reader.report);
    switch (applied.kind) {
      case 'problem':
        this.#refuse(applied.problem, startedMs);
        return;
      case 'unknown-series':
        metrics.report('resend', (performance.now() - startedMs) / 1_000);
        this.#answer({ sequence: reporter.sequence, resendAll: true });
        return;
      case 'applied':
      case 'repeated':
        metrics.report(applied.kind, (performance.now() - startedMs) / 1_000);
        this.#answer({ sequence: reporter.sequence, resendAll: false });
    }
  }

  #refuse(problem: string, startedMs: number): never {
    this.#context.metrics.report('invalid', (performance.now() - startedMs) / 1_000);
    throw new StatusError(status.INVALID_ARGUMENT, problem);
  }

  #answer({ sequence, resendAll }: { readonly sequence: number; readonly resendAll: boolean }): void {
    const { intervalMs, calls, answers } = this.#context;
    const answer = answers.encode({ sequence, intervalMs: intervalMs(calls.size), resendAll });
    this.#open.send(answer, this.#onTaken);
  }

  /** Another call of the same pod has begun: what comes by this one is older. */
  supersede(): void {
    this.#reporter = undefined;
    this.#open.end({ code: status.ABORTED, details: 'a newer call of the same pod has taken its place' });
  }

  #leave(): void {
    clearTimeout(this.#introductionTimer);
    const reporter = this.#reporter;
    if (reporter === undefined || this.#context.calls.get(reporter.pod) !== this) return;
    this.#context.calls.delete(reporter.pod);
    this.#context.reporters.leave(reporter);
  }
}
