import { type Event, TapByResourceResponse } from '../gen/conduit/tap/v1/tap.js';
import { encodeMessage } from '../wire/encode-message.js';

/** `lost`: the proxy was lost sight of before the request ended, which is told as its end. */
export type EventKind = 'request-init' | 'response-init' | 'request-end' | 'lost';

/** What viewers decide by, of an event. */
export interface EventFacts {
  readonly kind: EventKind;
  /** Tells requests apart, in the whole process. */
  readonly request: number;
  /** Whether the pod's proxy sent it, rather than took it in. */
  readonly isOutbound: boolean;
  /** HTTP's; 0 but for a response's start. */
  readonly status: number;
  /** How long ago the request began when this happened. */
  readonly sinceRequestMs: number;
  /** In lower case; none where headers aren't told. */
  readonly headerNames: readonly string[];
}

/**
 * One event that a proxy told of, as viewers are told of it. However many they are, it is encoded once; and once more
 * where some are told headers and others aren't.
 */
export class TappedEvent implements EventFacts {
  readonly kind: EventKind;
  readonly request: number;
  readonly isOutbound: boolean;
  readonly status: number;
  readonly sinceRequestMs: number;
  readonly headerNames: readonly string[];
  readonly #event: Event;
  #whole: Uint8Array | undefined;
  #bare: Uint8Array | undefined;

  constructor(facts: EventFacts, event: Event) {
    this.kind = facts.kind;
    this.request = facts.request;
    this.isOutbound = facts.isOutbound;
    this.status = facts.status;
    this.sinceRequestMs = facts.sinceRequestMs;
    this.headerNames = facts.headerNames;
    this.#event = event;
  }

  /** A field of TapByResourceResponse, with its tag: messages are made by putting such fields behind each other. */
  field(withHeaders: boolean): Uint8Array {
    if (withHeaders || this.headerNames.length === 0) return (this.#whole ??= encodeField(this.#event));
    return (this.#bare ??= encodeField(withoutHeaders(this.#event)));
  }
}

function encodeField(event: Event): Uint8Array {
  return encodeMessage(TapByResourceResponse, { events: [event], notices: [], books: undefined });
}

function withoutHeaders(event: Event): Event {
  switch (event.event?.$case) {
    case 'requestInit':
      return { ...event, event: { $case: 'requestInit', value: { ...event.event.value, headers: [] } } };
    case 'responseInit':
      return { ...event, event: { $case: 'responseInit', value: { ...event.event.value, headers: [] } } };
    case 'requestEnd':
      return { ...event, event: { $case: 'requestEnd', value: { ...event.event.value, trailers: [] } } };
    case undefined:
      return event;
  }
}
