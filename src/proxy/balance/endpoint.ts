import type { ToldEndpoint } from '../../client/told-endpoint.js';
import { addressKey } from '../../core/endpoint.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Upstream } from '../http/message.js';
import type { Target } from '../metrics/observer.js';
import type { Dial } from '../tcp/dial.js';
import { PeakEwma } from './peak-ewma.js';
import type { Candidate } from './power-of-two.js';

/** How an endpoint is reached, in each of the ways there are. Connections are made when they are first needed. */
export interface Connections {
  readonly http1: Upstream;
  readonly http2: Upstream;
  /** A connection for bytes, which its user owns. */
  readonly dial: Dial;
}

export interface EndpointOptions {
  readonly told: ToldEndpoint;
  readonly authority: string | undefined;
  readonly connect: (target: () => Target) => Connections;
  readonly estimateMs: number;
  readonly nowMs: number;
  readonly random: () => number;
}

/** What a request that failed on its way counts as, so that an endpoint that fails fast isn't taken for a fast one. */
const failureMs = 1_000;

/** Differences below this are noise: endpoints that are all fast share evenly. */
const noiseMs = 1;

/** One endpoint that requests are balanced over. */
export class Endpoint implements Candidate {
  readonly connections: Connections;
  /** Its weight, where the mean of all is 1. */
  relativeWeight = 1;
  readonly #authority: string | undefined;
  #told: ToldEndpoint;
  #target: Target;
  readonly #ewma: PeakEwma;
  readonly #backoff: Backoff;
  #pending = 0;
  #unavailableUntilMs = Number.NEGATIVE_INFINITY;
  #isRetired = false;

  constructor({ told, authority, connect, estimateMs, nowMs, random }: EndpointOptions) {
    this.#authority = authority;
    this.#told = told;
    this.#target = targetOf(told, authority);
    this.connections = connect(() => this.#target);
    this.#ewma = new PeakEwma({ initialMs: estimateMs, nowMs });
    this.#backoff = new Backoff({ minMs: 100, maxMs: 10_000, random });
  }

  get told(): ToldEndpoint {
    return this.#told;
  }

  get target(): Target {
    return this.#target;
  }

  /** Discovery says something else of the same address. Its connections and what was measured stay. */
  redescribe(told: ToldEndpoint): void {
    this.#told = told;
    this.#target = targetOf(told, this.#authority);
  }

  /** Requests that it has been given and that aren't over. */
  get pending(): number {
    return this.#pending;
  }

  /** Expected response time, times the requests that are there already; a heavier endpoint is entitled to more. */
  cost(nowMs: number): number {
    return Math.max(this.#ewma.estimateMs(nowMs), noiseMs) * (1 + this.#pending / this.relativeWeight);
  }

  estimateMs(nowMs: number): number {
    return this.#ewma.estimateMs(nowMs);
  }

  isAvailable(nowMs: number): boolean {
    return nowMs >= this.#unavailableUntilMs;
  }

  /** A request is given to it. The result is to be called once, when it is over. */
  begin(): () => void {
    this.#pending += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#pending -= 1;
      if (this.#isRetired && this.#pending === 0) this.#close();
    };
  }

  /** It answered. */
  answered(responseMs: number, nowMs: number): void {
    this.#ewma.observe(responseMs, nowMs);
    this.#backoff.reset();
    this.#unavailableUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** It broke off a request. */
  failed(elapsedMs: number, nowMs: number): void {
    this.#ewma.observe(Math.max(elapsedMs, failureMs), nowMs);
  }

  /** No connection could be made: it is left alone for a while, as long as there are others. */
  unreachable(nowMs: number): void {
    this.failed(0, nowMs);
    this.#unavailableUntilMs = nowMs + this.#backoff.next();
  }

  /** It gets nothing more. What it has is finished first; then its connections close. */
  retire(): void {
    this.#isRetired = true;
    if (this.#pending === 0) this.#close();
  }

  #close(): void {
    this.connections.http1.drain();
    this.connections.http2.drain();
  }
}

function targetOf(told: ToldEndpoint, authority: string | undefined): Target {
  const { ip, port, labels } = told;
  return { ip, port, address: addressKey(ip, port), authority, labels };
}
