import type { NoticeKind } from '../gen/conduit/tap/v1/tap.js';
import { Books, type Omission } from './books.js';
import { FairSample } from './fair-sample.js';
import { defaultOutboxLimits, Outbox, type OutboxLimits } from './outbox.js';
import { judge, passesAll, type RequestFilter } from './request-filter.js';
import type { TappedEvent } from './tapped-event.js';

export interface ViewerOptions {
  readonly filter: RequestFilter;
  readonly maxRps: number;
  /** Whether headers are told. */
  readonly withHeaders: boolean;
  readonly random: () => number;
  /** Called when there is something to tell, once until it has been taken. */
  readonly onReady: () => void;
  readonly limits?: Partial<ViewerLimits>;
}

export interface ViewerLimits extends OutboxLimits {
  /** How many requests under way are remembered; of more than these nothing is told. */
  readonly maxRequests: number;
  /** How many events may be held until it is known whether they are to be told. */
  readonly maxHeld: number;
}

const defaultLimits: ViewerLimits = { ...defaultOutboxLimits, maxRequests: 100_000, maxHeld: 10_000 };

/** Events of a request that is still to be judged, or drawn. */
interface Held {
  readonly events: TappedEvent[];
  stage: 'judging' | 'drawing';
}

/** What was decided of a request: to tell it, or why not. */
type Decision = 'told' | Omission;

/**
 * What one viewer is told, of all that is seen for it. A request is told whole or not at all: what is decided at its
 * beginning, or once the filter knows enough of it, holds for all its events.
 *
 * Everything is counted. A viewer who takes nothing fills an outbox of a fixed size and from then on loses what comes, and
 * nobody else notices.
 */
export class Viewer {
  readonly books = new Books();
  readonly #filter: RequestFilter;
  readonly #passesAll: boolean;
  readonly #limits: ViewerLimits;
  readonly #sample: FairSample<number>;
  readonly #outbox: Outbox;
  readonly #onReady: () => void;
  readonly #requests = new Map<number, Held | Decision>();
  #held = 0;
  #isReady = false;
  #toldReceived = 0;
  #mutedNotices = 0;

  constructor({ filter, maxRps, withHeaders, random, onReady, limits }: ViewerOptions) {
    this.#filter = filter;
    this.#passesAll = passesAll(filter);
    this.#limits = { ...defaultLimits, ...limits };
    this.#sample = new FairSample({ maxRps, random });
    this.#outbox = new Outbox({ limits: this.#limits, withHeaders });
    this.#onReady = onReady;
  }

  /** How many notices found no room. */
  get mutedNotices(): number {
    return this.#mutedNotices;
  }

  event(event: TappedEvent): void {
    this.books.received += 1;
    const { request, kind } = event;
    const known = this.#requests.get(request);
    if (kind === 'request-init') {
      this.#begin(event);
    } else if (known === undefined) {
      this.#omit('orphaned');
    } else if (typeof known === 'string') {
      this.#settle(event, known);
    } else {
      this.#hold(event, known);
    }
  }

  notice(kind: NoticeKind, pod: string, text: string): void {
    if (this.#outbox.addNotice({ kind, pod, text })) this.#ready();
    else this.#mutedNotices += 1;
  }

  /** Ends a tick of the sample; due every `sampleTickMs`. */
  tick(): void {
    for (const request of this.#sample.endTick()) this.#decide(request, 'told');
  }

  /** Has the books told, if they have changed since they last were. Due about every second. */
  tellBooks(): void {
    if (this.books.received !== this.#toldReceived) this.#ready();
  }

  /** The next message, and whether it is the last for now. `onReady` is called again from then on. */
  take(): { readonly message: Uint8Array; readonly isLast: boolean } {
    const message = this.#outbox.take((events) => {
      this.books.delivered += events;
      this.#toldReceived = this.books.received;
      return this.books;
    });
    const isLast = this.#outbox.isEmpty;
    if (isLast) this.#isReady = false;
    return { message, isLast };
  }

  /** Decides, without knowing more, of all that is held: nothing more will come. */
  finish(): void {
    this.tick();
    for (const [request, known] of this.#requests) {
      if (typeof known !== 'string') this.#decide(request, 'orphaned');
    }
  }

  #begin(event: TappedEvent): void {
    if (this.#requests.size >= this.#limits.maxRequests) {
      this.#omit('overflowed');
      return;
    }
    if (this.#passesAll) this.#draw(event.request, { events: [event], stage: 'drawing' });
    else this.#hold(event, { events: [], stage: 'judging' });
  }

  /** Takes an event into what is held of its request, and judges that where it is time to. */
  #hold(event: TappedEvent, held: Held): void {
    this.#keep(event.request, event, held);
    if (held.stage !== 'judging' || this.#requests.get(event.request) !== held) return;
    switch (judge(this.#filter, held.events)) {
      case 'open':
        return;
      case 'in':
        this.#held -= held.events.length;
        held.stage = 'drawing';
        this.#draw(event.request, held);
        return;
      case 'out':
        this.#decide(event.request, 'filtered-out');
        return;
      case 'unknowable':
        this.#decide(event.request, 'orphaned');
    }
  }

  #keep(request: number, event: TappedEvent, held: Held): void {
    held.events.push(event);
    this.#held += 1;
    this.#requests.set(request, held);
    if (this.#held > this.#limits.maxHeld) this.#decide(request, 'overflowed');
  }

  /** `held` is counted as held from here on, unless the decision falls at once. */
  #draw(request: number, held: Held): void {
    this.#requests.set(request, held);
    this.#held += held.events.length;
    const offered = this.#sample.offer(request);
    if (offered.kind === 'taken') this.#decide(request, 'told');
    else if (offered.loser !== undefined) this.#decide(offered.loser, 'sampled-out');
  }

  #decide(request: number, decision: Decision): void {
    const held = this.#requests.get(request);
    // A request that found no room while it was drawn for has been decided of.
    if (held === undefined || typeof held === 'string') return;
    this.#held -= held.events.length;
    this.#requests.set(request, decision);
    for (const event of held.events) {
      const known = this.#requests.get(request);
      if (typeof known === 'string') this.#settle(event, known);
      // What is told behind the end of a request belongs to none.
      else this.#omit('orphaned');
    }
  }

  #settle(event: TappedEvent, decision: Decision): void {
    const { request, kind } = event;
    if (decision !== 'told') {
      this.#omit(decision);
    } else if (this.#outbox.add(event)) {
      this.#ready();
    } else {
      this.#omit('overflowed');
      this.#requests.set(request, 'overflowed');
    }
    if (kind === 'request-end' || kind === 'lost') this.#requests.delete(request);
  }

  #omit(reason: Omission): void {
    this.books.omitted[reason] += 1;
  }

  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#onReady();
  }
}
