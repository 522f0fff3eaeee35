import type { ObserveRequest, TapEvent, TapEvent_Http_StreamId } from '../../gen/io/linkerd/proxy/tap/tap.js';
import type { ResponseHead } from '../http/message.js';
import {
  noConnectionObserver,
  noRequestObserver,
  type Observer,
  type RequestEnd,
  type RequestObserver,
  type RequestStart,
} from '../metrics/observer.js';
import { RequestEvents } from './events.js';
import { compileMatch, type Matches } from './match.js';

/** Who watches. Neither may throw. */
export interface Viewer {
  /** Takes an event at once, or drops it, in which case it isn't made. */
  readonly tell: (makeEvent: () => TapEvent) => void;
  /** No event follows: as many requests as were asked for have been told of, and are over. */
  readonly end: () => void;
}

export type OpenedTap =
  | { readonly ok: true; readonly tap: Tap }
  /** `invalid`: the field, and what is wrong with it. `busy`: there are too many. */
  | { readonly ok: false; readonly kind: 'invalid' | 'busy'; readonly problem: string };

export interface Tap {
  /** Nobody watches any more. */
  close(): void;
}

/** Every request is held against every tap; a control plane needs one for each viewer, or one for all. */
const maxTaps = 64;

/** The taps of a proxy. While there is none, a request costs one comparison. */
export class Taps {
  readonly #open = new Set<OpenTap>();
  #nextBase: number;

  /** `random` is uniform in [0, 1). */
  constructor({ random = Math.random }: { readonly random?: () => number } = {}) {
    // Events of several proxies, and of this one before its restart, are seldom taken for each other's.
    this.#nextBase = Math.floor(random() * 2 ** 32);
  }

  get size(): number {
    return this.#open.size;
  }

  open({ limit, match, extract }: ObserveRequest, viewer: Viewer): OpenedTap {
    if (limit === 0) return { ok: false, kind: 'invalid', problem: 'limit: must be more than 0' };
    const compiled = compileMatch(match);
    if (!compiled.ok) return { ok: false, kind: 'invalid', problem: compiled.problem };
    if (this.#open.size >= maxTaps) return { ok: false, kind: 'busy', problem: `${maxTaps} taps are open` };
    const tap = new OpenTap({
      viewer,
      matches: compiled.matches,
      base: this.#nextBase,
      limit,
      extractHeaders: extract?.extract?.value.extract !== undefined,
      onClosed: () => this.#open.delete(tap),
    });
    this.#nextBase = (this.#nextBase + 1) >>> 0;
    this.#open.add(tap);
    return { ok: true, tap };
  }

  readonly observer: Observer = {
    request: (start) => (this.#open.size === 0 ? noRequestObserver : this.#watch(start)),
    refused() {},
    connection: () => noConnectionObserver,
  };

  #watch(start: RequestStart): RequestObserver {
    const watching: RequestObserver[] = [];
    for (const tap of this.#open) {
      const observer = tap.watch(start);
      if (observer !== undefined) watching.push(observer);
    }
    const [first = noRequestObserver] = watching;
    if (watching.length < 2) return first;
    return {
      responded: (head, sinceRequestMs) => watching.forEach((it) => it.responded(head, sinceRequestMs)),
      ended: (end) => watching.forEach((it) => it.ended(end)),
    };
  }
}

interface OpenTapOptions {
  readonly viewer: Viewer;
  readonly matches: Matches;
  readonly base: number;
  readonly limit: number;
  readonly extractHeaders: boolean;
  readonly onClosed: () => void;
}

class OpenTap implements Tap {
  readonly #options: OpenTapOptions;
  #taken = 0;
  #over = 0;
  #isOpen = true;

  constructor(options: OpenTapOptions) {
    this.#options = options;
  }

  /** Undefined for a request that isn't told of. */
  watch(start: RequestStart): RequestObserver | undefined {
    const { limit, matches, base, extractHeaders } = this.#options;
    if (this.#taken >= limit || !matches(start)) return undefined;
    const id: TapEvent_Http_StreamId = { base, stream: BigInt(this.#taken) };
    this.#taken += 1;
    const events = new RequestEvents(start, { id, extractHeaders });
    this.#tell(() => events.requestInit());
    return {
      responded: (head: ResponseHead, sinceRequestMs: number) =>
        this.#tell(() => events.responseInit(head, sinceRequestMs)),
      ended: (end: RequestEnd) => {
        this.#tell(() => events.responseEnd(end));
        this.#over += 1;
        if (this.#over < limit || !this.#isOpen) return;
        this.close();
        this.#options.viewer.end();
      },
    };
  }

  close(): void {
    this.#isOpen = false;
    this.#options.onClosed();
  }

  #tell(makeEvent: () => TapEvent): void {
    if (this.#isOpen) this.#options.viewer.tell(makeEvent);
  }
}
