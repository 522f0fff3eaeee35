import { NoticeKind } from '../gen/conduit/tap/v1/tap.js';
import type { PodSelection } from '../core/resource.js';
import type { ObserveRequest } from '../gen/io/linkerd/proxy/tap/tap.js';
import { sampleTickMs } from './fair-sample.js';
import { toObserveRequest } from './observe-request.js';
import { type TapQuery, tappedTarget } from './tap-query.js';
import type { UpstreamListener, UpstreamState } from './upstream.js';
import type { Upstreams } from './upstreams.js';
import { Viewer, type ViewerLimits } from './viewer.js';

/** What is known of a target's pods. */
export interface TargetState {
  /** Whether there is such a resource. */
  readonly exists: boolean;
  readonly pods: readonly TargetPod[];
}

export interface TargetPod {
  /** `namespace/name`. */
  readonly id: string;
  /** `host:port` of its proxy's tap server; undefined while it doesn't run. */
  readonly tapAddress: string | undefined;
  /** Whether it has a sidecar of this control plane. */
  readonly isMeshed: boolean;
}

/** A target that is kept in view. */
export interface TargetWatch {
  readonly state: TargetState;
  close(): void;
}

export interface TapSessionOptions {
  readonly query: TapQuery;
  readonly upstreams: Upstreams;
  /** Keeps a target in view; the listener is called, never from within, when there is something new. */
  readonly watchTarget: (target: PodSelection, listener: () => void) => TargetWatch;
  /** How many pods are tapped for one viewer. */
  readonly maxPods: number;
  readonly random: () => number;
  /** There is a message to take. */
  readonly onReady: () => void;
  /** The target is gone, and all has been said of it: take what there is, and end the call. */
  readonly onGone: () => void;
  readonly viewerLimits?: Partial<ViewerLimits>;
}

const booksPeriodMs = 1_000;

/** One viewer's tap: keeps those proxies tapped that its target has, until it is closed or the target is gone. */
export class TapSession {
  readonly viewer: Viewer;
  readonly #options: TapSessionOptions;
  readonly #request: ObserveRequest;
  readonly #tapped = new Map<string, { readonly address: string; readonly leave: () => void }>();
  /** Of whom it has been said that they can't be tapped. */
  readonly #unmeshed = new Set<string>();
  readonly #watches: readonly TargetWatch[];
  readonly #timers: readonly NodeJS.Timeout[];
  #saysNone = false;
  #saysTooMany = false;
  #isOver = false;

  constructor(options: TapSessionOptions) {
    this.#options = options;
    const { query, random, onReady, viewerLimits, watchTarget } = options;
    const { filter, maxRps, withHeaders } = query;
    this.viewer = new Viewer({
      filter,
      maxRps,
      withHeaders,
      random,
      onReady,
      ...(viewerLimits && { limits: viewerLimits }),
    });
    this.#request = toObserveRequest(query);
    const targets = query.edge.kind === 'from' ? [query.edge.other, query.target] : [query.target];
    this.#watches = targets.map((target) => watchTarget(target, () => this.#reconcile()));
    this.#timers = [
      setInterval(() => this.viewer.tick(), sampleTickMs),
      setInterval(() => this.viewer.tellBooks(), booksPeriodMs),
    ];
    this.#reconcile();
  }

  /** Lets go of everything; nothing is called any more. */
  close(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const watch of this.#watches) watch.close();
    for (const { leave } of this.#tapped.values()) leave();
    this.#tapped.clear();
  }

  #reconcile(): void {
    if (this.#isOver) return;
    const gone = this.#watches.findIndex(({ state }) => !state.exists);
    if (gone >= 0) {
      this.#end();
      return;
    }
    const pods = this.#watches[0]?.state.pods ?? [];
    const wanted = new Map<string, string>();
    for (const { id, tapAddress, isMeshed } of pods) {
      if (!isMeshed) this.#sayUnmeshed(id);
      else if (tapAddress !== undefined && wanted.size < this.#options.maxPods) wanted.set(id, tapAddress);
    }
    for (const [id, { address, leave }] of this.#tapped) {
      if (wanted.get(id) === address) continue;
      this.#tapped.delete(id);
      leave();
      this.viewer.notice(NoticeKind.POD_LEFT, id, `${id} is no longer tapped`);
    }
    for (const [id, address] of wanted) if (!this.#tapped.has(id)) this.#tap(id, address);
    for (const id of this.#unmeshed) if (!pods.some((pod) => pod.id === id)) this.#unmeshed.delete(id);
    this.#sayHowMany(pods.length, pods.filter(({ isMeshed }) => isMeshed).length);
  }

  #tap(pod: string, address: string): void {
    const { viewer } = this;
    const listener: UpstreamListener = {
      event: (event) => viewer.event(event),
      state: (state) => this.#sayState(pod, address, state),
    };
    const leave = this.#options.upstreams.join({ pod, address }, this.#request, listener);
    this.#tapped.set(pod, { address, leave });
  }

  #sayState(pod: string, address: string, state: UpstreamState): void {
    switch (state.kind) {
      case 'opening':
        return;
      case 'open':
        this.viewer.notice(NoticeKind.POD_TAPPED, pod, `${pod} is tapped`);
        return;
      case 'failed':
        this.viewer.notice(
          NoticeKind.POD_FAILED,
          pod,
          `${pod} (${address}) can't be tapped: ${state.reason}`,
        );
        return;
      case 'flooding':
        this.viewer.notice(
          NoticeKind.POD_FAILED,
          pod,
          `${pod} (${address}) tells of more than can be taken; it is listened to a part of the time`,
        );
    }
  }

  #sayUnmeshed(id: string): void {
    if (this.#unmeshed.has(id)) return;
    this.#unmeshed.add(id);
    this.viewer.notice(NoticeKind.POD_NOT_MESHED, id, `${id} has no sidecar of this control plane`);
  }

  #sayHowMany(pods: number, meshed: number): void {
    const { maxPods } = this.#options;
    if (pods === 0 && !this.#saysNone) {
      this.viewer.notice(NoticeKind.NO_PODS, '', `${nameOf(this.#options.query)} has no pods for now`);
    }
    this.#saysNone = pods === 0;
    if (meshed > maxPods && !this.#saysTooMany) {
      const text = `of ${meshed} pods, ${maxPods} are tapped: no tap takes more`;
      this.viewer.notice(NoticeKind.POD_FAILED, '', text);
    }
    this.#saysTooMany = meshed > maxPods;
  }

  #end(): void {
    const { query, onGone } = this.#options;
    this.close();
    this.viewer.finish();
    this.viewer.notice(NoticeKind.TARGET_GONE, '', `${nameOf(query)} is gone`);
    onGone();
  }
}

function nameOf(query: TapQuery): string {
  const { kind, namespace, name } = tappedTarget(query);
  const subject = name === undefined ? `every ${kind}` : `${kind} ${name}`;
  return namespace === undefined ? subject : `${subject} in namespace ${namespace}`;
}
