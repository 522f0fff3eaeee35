import type { ServerResponse } from 'node:http';
import type { Change } from '../store/history.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource-type.js';
import type { Store } from '../store/store.js';
import { eventLine, expiredLine } from './event-line.js';
import type { LineFaults } from './line-faults.js';
import type { WatchPlan } from './watch.js';

export interface WatchStreamOptions {
  readonly store: Store;
  readonly plan: WatchPlan;
  readonly response: ServerResponse;
  readonly lineFaults: LineFaults;
  readonly bookmarkIntervalMs: number;
  /** More changes than this waiting for a client that doesn't read close its connection; it can resume by version. */
  readonly maxPendingChanges: number;
  /** Called once, when the stream has ended, however it did. */
  readonly onClose: (stream: WatchStream) => void;
}

/**
 * One open watch. Events are serialised when the socket takes them: what waits for a slow client is references to objects
 * that the store's history mostly holds anyway, and there is a limit to it.
 */
export class WatchStream {
  readonly type: ResourceType;
  readonly plural: string;
  readonly #options: WatchStreamOptions;
  readonly #waiting: Change[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #unfollow: () => void = () => {};
  #initial: readonly KubeObject[] = [];
  #nextInitial = 0;
  /** The version of the bookmark that ends the initial objects, until it is sent. */
  #markVersion: number | undefined;
  #sent = 0;
  /** The socket has enough to send. */
  #blocked = false;
  /** The second part of a line is still to come. */
  #splitting = false;
  #pendingLimit: number;
  #state: 'open' | 'held' | 'closed' = 'open';

  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#pendingLimit = options.maxPendingChanges;
    this.type = options.plan.type;
    this.plural = this.type.plural;
  }

  /** Sends the head and the first events, and goes on until an end. */
  start(): void {
    const { store, plan, response, bookmarkIntervalMs } = this.#options;
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    response.on('drain', () => {
      this.#blocked = false;
      this.#pump();
    });
    response.on('close', () => this.#finish());
    if (plan.start.kind === 'after') {
      const changes = store.changesSince(plan.type, plan.start.version);
      if (!changes) {
        this.expire(`too old resource version: ${plan.start.version} (${store.resourceVersion})`);
        return;
      }
      for (const change of changes) this.#waiting.push(change);
      this.#pendingLimit += changes.length;
    } else {
      this.#initial = store.list(plan.type, plan.selection.namespace);
      if (plan.start.marked) this.#markVersion = store.resourceVersion;
    }
    this.#unfollow = store.follow(plan.type, (change) => this.#accept(change));
    this.#timers.push(setTimeout(() => this.end(), plan.timeoutMs));
    if (plan.bookmarks) this.#timers.push(setInterval(() => this.#bookmark(), bookmarkIntervalMs));
    this.#pump();
  }

  /** Ends the stream as its timeout does: with a last bookmark, where the client wants any. */
  end(): void {
    if (this.#state !== 'open') return;
    if (this.#options.plan.bookmarks) this.#bookmark();
    this.#finish();
    this.#options.response.end();
  }

  /** Ends the stream with an ERROR event that makes the client list again. */
  expire(message: string): void {
    if (this.#state !== 'open') return;
    this.#write(expiredLine(message));
    this.#finish();
    this.#options.response.end();
  }

  /** Says nothing more and doesn't end, like a connection whose other side is gone without a word. */
  hold(): void {
    if (this.#state !== 'open') return;
    this.#state = 'held';
    this.#stop();
  }

  /** Sends a line as it is. */
  sendRaw(line: string): void {
    if (this.#state === 'open') this.#write(line);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#finish();
    this.#options.response.destroy();
  }

  #accept(change: Change): void {
    const { start } = this.#options.plan;
    // The client may know of versions that are yet to come: of a store that this one took the place of.
    if (start.kind === 'after' && change.version <= start.version) return;
    this.#waiting.push(change);
    this.#pump();
    if (this.#waiting.length > this.#pendingLimit) this.destroy();
  }

  #pump(): void {
    while (this.#state === 'open' && !this.#blocked && !this.#splitting) {
      const line = this.#nextLine();
      if (line === undefined) return;
      if (line !== '') this.#send(line);
    }
  }

  /** The next line; empty for something that this client doesn't see, undefined where nothing waits. */
  #nextLine(): string | undefined {
    const { plan } = this.#options;
    const object = this.#initial[this.#nextInitial];
    if (object) {
      this.#nextInitial += 1;
      return plan.selection.matches(object) ? this.#objectLine('ADDED', object) : '';
    }
    if (this.#initial.length > 0) {
      this.#initial = [];
      this.#nextInitial = 0;
    }
    if (this.#markVersion !== undefined) {
      const bookmark = plan.encoding.bookmark(String(this.#markVersion), {
        'k8s.io/initial-events-end': 'true',
      });
      this.#markVersion = undefined;
      return eventLine('BOOKMARK', bookmark);
    }
    const change = this.#waiting.shift();
    return change && this.#changeLine(change);
  }

  /** What a change is to a client that sees a selection: objects enter and leave it by being changed. */
  #changeLine({ event }: Change): string {
    const { selection } = this.#options.plan;
    const before = event.previous !== undefined && selection.matches(event.previous);
    if (event.type === 'DELETED') return before ? this.#objectLine('DELETED', event.object) : '';
    const after = selection.matches(event.object);
    if (after) return this.#objectLine(before ? 'MODIFIED' : 'ADDED', event.object);
    if (!before || event.previous === undefined) return '';
    // The state that the client knew, at the version at which it left.
    return this.#objectLine('DELETED', atVersionOf(event.previous, event.object));
  }

  #objectLine(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): string {
    this.#sent += 1;
    return eventLine(type, this.#options.plan.encoding.watched(object, { first: this.#sent === 1 }));
  }

  #bookmark(): void {
    // An event that waits will tell the client a version soon enough.
    if (this.#state !== 'open' || this.#blocked || this.#splitting || this.#waiting.length > 0) return;
    const version = String(this.#options.store.resourceVersion);
    this.#write(eventLine('BOOKMARK', this.#options.plan.encoding.bookmark(version)));
  }

  #send(line: string): void {
    const fault = this.#options.lineFaults.take(this.plural);
    switch (fault) {
      case undefined:
        this.#write(line);
        return;
      case 'drop':
        return;
      case 'garble':
        this.#write(`${line.slice(0, 20)}\u0000 not JSON\n`);
        return;
      case 'truncate':
        this.#write(line.slice(0, line.length >>> 1));
        this.#finish();
        this.#options.response.end();
        return;
      case 'split':
        this.#split(line);
    }
  }

  #split(line: string): void {
    const middle = line.length >>> 1;
    this.#splitting = true;
    this.#options.response.write(line.slice(0, middle), () => {
      // The first part is on its way before the second is written.
      setTimeout(() => {
        this.#splitting = false;
        if (this.#state === 'open') this.#write(line.slice(middle));
        this.#pump();
      }, splitPauseMs);
    });
  }

  #write(line: string): void {
    if (!this.#options.response.write(line)) this.#blocked = true;
  }

  #stop(): void {
    this.#unfollow();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#waiting.length = 0;
    this.#initial = [];
  }

  #finish(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stop();
    this.#options.onClose(this);
  }
}

const splitPauseMs = 5;

function atVersionOf(previous: KubeObject, current: KubeObject): KubeObject {
  const { resourceVersion = '' } = current.metadata;
  return { ...previous, metadata: { ...previous.metadata, resourceVersion } };
}
