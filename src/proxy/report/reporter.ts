import { credentials } from '@grpc/grpc-js';
import type { Counter } from 'prom-client';
import { channelOptions } from '../../client/channel.js';
import type { Failure } from '../../client/failure.js';
import type { Duration } from '../../gen/google/protobuf/duration.js';
import { type Report, TelemetryClient } from '../../gen/conduit/telemetry/v1/telemetry.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Logger } from '../../runtime/log.js';
import { pause } from '../../runtime/pause.js';
import { CallReports } from './call-reports.js';
import type { ReportBook } from './report-book.js';
import { ReportCall } from './report-call.js';

export interface ReporterOptions {
  /** The control plane's, `host:port`. */
  readonly address: string;
  /** Of the proxy's pod. */
  readonly namespace: string;
  readonly pod: string;
  readonly book: ReportBook;
  /** Brings the book up to date; called before each report is made. */
  readonly update: () => void;
  readonly log: Logger;
  /** How many reports were sent, by what became of them. */
  readonly reports: Counter<'result'>;
  readonly limits?: Partial<ReporterLimits>;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

export interface ReporterLimits {
  /** From one report to the next where the server doesn't say. Default 10 s. */
  readonly defaultIntervalMs: number;
  /** Whatever the server says. Default 100 ms. */
  readonly minIntervalMs: number;
  /** Whatever the server says. Default 10 minutes, after which control planes forget series. */
  readonly maxIntervalMs: number;
  /** How long an answer may take; then a new call is opened. Default 30 s. */
  readonly answerMs: number;
  /** The bounds of the pause behind a call that failed. Default 1 and 60 s. */
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
  /**
   * The pause behind the answer that there is no such service, give or take a tenth. Default 5 minutes: the control
   * plane must be replaced by another one first.
   */
  readonly unimplementedMs: number;
}

const defaultLimits: ReporterLimits = {
  defaultIntervalMs: 10_000,
  minIntervalMs: 100,
  maxIntervalMs: 600_000,
  answerMs: 30_000,
  minRetryMs: 1_000,
  maxRetryMs: 60_000,
  unimplementedMs: 300_000,
};

/** How often the book is looked through for what it may forget. */
const sweepMs = 60_000;

/** How long a series outlives its last change: linkerd2-proxy's figure. */
const idleMs = 600_000;

/** Reports to the control plane for as long as the proxy runs. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #limits: ReporterLimits;
  readonly #client: TelemetryClient;
  readonly #backoff: Backoff;
  readonly #random: () => number;
  readonly #sweeper: NodeJS.Timeout;
  /** Aborted when the last report is to be made. */
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #call: ReportCall | undefined;
  #lastFailure: string | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#random = options.random ?? Math.random;
    const { minRetryMs: minMs, maxRetryMs: maxMs } = this.#limits;
    this.#backoff = new Backoff({ minMs, maxMs, random: this.#random });
    this.#client = new TelemetryClient(options.address, credentials.createInsecure(), channelOptions);
    this.#sweeper = setInterval(() => options.book.sweep(idleMs), sweepMs).unref();
    this.#done = this.#run();
  }

  /** Makes a last report, if the control plane is there to take it within this time, and ends. */
  async stop({ withinMs }: { readonly withinMs: number }): Promise<void> {
    clearInterval(this.#sweeper);
    this.#stop.abort();
    const late = setTimeout(() => this.#call?.cancel(), withinMs);
    await this.#done;
    clearTimeout(late);
    this.#client.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const call = new ReportCall(this.#client.report(), this.#options.address);
      this.#call = call;
      const failure = await this.#report(call);
      call.cancel();
      this.#call = undefined;
      if (!signal.aborted) await pause(this.#retryMs(failure), signal);
    }
  }

  /** Reports over one call until it ends, or has made the last report. */
  async #report(call: ReportCall): Promise<Failure> {
    const { book, update, namespace, pod } = this.#options;
    const reports = new CallReports(book);
    call.send({ message: { $case: 'introduction', value: reports.introduction({ namespace, pod }) } });
    const welcome = await call.receive(this.#limits.answerMs);
    if (welcome.kind !== 'response') return failureOf(welcome, this.#limits.answerMs);
    for (;;) {
      const isLast = this.#stop.signal.aborted;
      update();
      const sent = await this.#send(call, reports, reports.next());
      if (!sent.ok) return sent.failure;
      if (isLast) return this.#end(call);
      await this.#pauseBetween(call, sent.intervalMs);
      if (call.failure !== undefined) return call.failure;
    }
  }

  /** Lets the server end the call, so that it sees a regular end. */
  async #end(call: ReportCall): Promise<Failure> {
    call.end();
    for (;;) {
      const answer = await call.receive(this.#limits.answerMs);
      if (answer.kind !== 'response') return failureOf(answer, this.#limits.answerMs);
    }
  }

  /** Sends one report and waits for its answer, passing over what answers something else. */
  async #send(call: ReportCall, reports: CallReports, report: Report) {
    const { answerMs } = this.#limits;
    const answerBy = performance.now() + answerMs;
    call.send({ message: { $case: 'report', value: report } });
    for (;;) {
      const answer = await call.receive(Math.max(0, answerBy - performance.now()));
      if (answer.kind !== 'response') {
        this.#options.reports.inc({ result: 'unanswered' });
        return { ok: false, failure: failureOf(answer, answerMs) } as const;
      }
      const said = reports.answered(answer.response);
      if (said === 'other') continue;
      this.#options.reports.inc({ result: said });
      if (said === 'applied') this.#succeeded();
      return { ok: true, intervalMs: this.#intervalMs(answer.response.interval) } as const;
    }
  }

  #succeeded(): void {
    this.#backoff.reset();
    if (this.#lastFailure === 'none') return;
    this.#lastFailure = 'none';
    this.#options.log.info({ address: this.#options.address }, 'reporting');
  }

  /** Proxies that began together, as when a control plane came back, drift apart. */
  async #pauseBetween(call: ReportCall, intervalMs: number): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    const signals = [call.over, this.#stop.signal];
    for (const signal of signals) signal.addEventListener('abort', wake, { once: true });
    if (signals.every(({ aborted }) => !aborted)) await pause(this.#jittered(intervalMs), woken.signal);
    for (const signal of signals) signal.removeEventListener('abort', wake);
  }

  #retryMs(failure: Failure): number {
    const { log, address } = this.#options;
    if (this.#lastFailure !== failure.code) {
      this.#lastFailure = failure.code;
      log[levelFor(failure)]({ address, ...failure }, 'reports are not taken');
    }
    return failure.code === 'UNIMPLEMENTED'
      ? this.#jittered(this.#limits.unimplementedMs)
      : this.#backoff.next();
  }

  #intervalMs(interval: Duration | undefined): number {
    const { defaultIntervalMs, minIntervalMs, maxIntervalMs } = this.#limits;
    if (interval === undefined) return defaultIntervalMs;
    const ms = Number(interval.seconds) * 1_000 + interval.nanos / 1e6;
    return Math.min(maxIntervalMs, Math.max(minIntervalMs, ms));
  }

  #jittered(ms: number): number {
    return ms * (0.9 + 0.2 * this.#random());
  }
}

/** A control plane without telemetry is nothing to tell of; one that is away is told of by discovery. */
const quietCodes: ReadonlySet<Failure['code']> = new Set(['UNIMPLEMENTED', 'UNAVAILABLE']);

/** These don't pass by themselves. */
const graveCodes: ReadonlySet<Failure['code']> = new Set(['INVALID_ARGUMENT', 'PERMISSION_DENIED']);

function levelFor({ code }: Failure): 'debug' | 'info' | 'warn' {
  if (quietCodes.has(code)) return 'debug';
  return graveCodes.has(code) ? 'warn' : 'info';
}

function failureOf(
  answer: { readonly kind: 'over'; readonly failure: Failure } | { readonly kind: 'late' },
  answerMs: number,
): Failure {
  if (answer.kind === 'over') return answer.failure;
  return { code: 'DEADLINE_EXCEEDED', message: `no answer within ${answerMs} ms` };
}
