import type { Duration } from '../gen/google/protobuf/duration.js';
import { Direction, type Event, type Header, type Peer, type RequestEnd } from '../gen/conduit/tap/v1/tap.js';
import type { Colours } from './colour.js';
import { grpcStatusName } from './grpc-status.js';
import { printable } from './printable.js';

export interface TapTextOptions {
  /** With labels and headers. */
  readonly isWide: boolean;
  readonly colours: Colours;
}

/** An event as a line, with its line break: `req id=7 proxy=out src=… dst=… :method=GET …`. */
export function tapLine(event: Event, options: TapTextOptions): string {
  const words = [
    kindOf(event),
    `id=${event.request}`,
    `proxy=${proxyOf(event)}`,
    ...ends(event, options).map(safeWord),
    ...facts(event, options),
  ];
  if (options.isWide) words.push(...[...labels(event), ...headers(event)].map(safeWord));
  return `${words.join(' ')}\n`;
}

/** Spaces separate the words of a line, so that one in a path would forge another word. */
function safeWord(text: string): string {
  return printable(text).replaceAll(' ', '\\u0020');
}

function kindOf({ event }: Event): string {
  switch (event?.$case) {
    case 'requestInit':
      return 'req';
    case 'responseInit':
      return 'rsp';
    case 'requestEnd':
      return 'end';
    case undefined:
      return '???';
  }
}

function proxyOf({ direction }: Event): string {
  switch (direction) {
    case Direction.INBOUND:
      return 'in';
    case Direction.OUTBOUND:
      return 'out';
    case Direction.UNSPECIFIED:
    case Direction.UNRECOGNIZED:
      return '???';
  }
}

function ends({ source, destination, direction }: Event, { isWide }: TapTextOptions): readonly string[] {
  const tls = (direction === Direction.INBOUND ? source : destination)?.labels.get('tls') ?? '';
  return [`src=${peerName(source, isWide)}`, `dst=${peerName(destination, isWide)}`, `tls=${tls}`];
}

/** A pod by its name, which says more than its address; wide lines have the name among the labels. */
function peerName(peer: Peer | undefined, isWide: boolean): string {
  if (peer === undefined) return '';
  const { ip, port, labels: known } = peer;
  const pod = known.get('pod');
  const host = pod !== undefined && !isWide ? pod : ip.includes(':') ? `[${ip}]` : ip;
  return `${host}:${port}`;
}

function facts({ event }: Event, { colours }: TapTextOptions): readonly string[] {
  switch (event?.$case) {
    case 'requestInit': {
      const { method, authority, path } = event.value;
      return [`:method=${method}`, `:authority=${authority}`, `:path=${path}`].map(safeWord);
    }
    case 'responseInit': {
      const { status, sinceRequestInit } = event.value;
      return [
        (status >= 500 ? colours.removed : status >= 400 ? colours.changed : plain)(`:status=${status}`),
        `latency=${micros(sinceRequestInit)}`,
      ];
    }
    case 'requestEnd':
      return endFacts(event.value, colours);
    case undefined:
      return [];
  }
}

function endFacts(
  { end, sinceRequestInit, sinceResponseInit, responseBytes }: RequestEnd,
  colours: Colours,
): readonly string[] {
  const duration = sinceResponseInit ?? sinceRequestInit;
  return [
    ...endWord(end, colours),
    ...(duration === undefined ? [] : [`duration=${micros(duration)}`]),
    `response-length=${responseBytes}B`,
  ];
}

function endWord(end: RequestEnd['end'], colours: Colours): readonly string[] {
  switch (end?.$case) {
    case 'grpcStatus':
      return [(end.value === 0 ? plain : colours.removed)(`grpc-status=${grpcStatusName(end.value)}`)];
    case 'resetError':
      return [colours.removed(`reset-error=${end.value}`)];
    case 'lost':
      return [colours.changed('lost=true')];
    case undefined:
      return [];
  }
}

const plain = (text: string): string => text;

/** In whole microseconds, seconds included. */
function micros(duration: Duration | undefined): string {
  if (duration === undefined) return '0µs';
  return `${duration.seconds * 1_000_000n + BigInt(Math.trunc(duration.nanos / 1_000))}µs`;
}

function labels({ source, destination, routeLabels }: Event): readonly string[] {
  return [
    ...labelWords('src', source?.labels),
    ...labelWords('dst', destination?.labels),
    ...labelWords('rt', routeLabels),
  ];
}

function labelWords(prefix: string, all: ReadonlyMap<string, string> = new Map()): readonly string[] {
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${prefix}_${name}=${value}`);
}

function headers({ event }: Event): readonly string[] {
  return headersOf(event).map(({ name, value }) => `header:${name}=${headerText(value)}`);
}

export function headersOf(event: Event['event']): readonly Header[] {
  switch (event?.$case) {
    case 'requestInit':
    case 'responseInit':
      return event.value.headers;
    case 'requestEnd':
      return event.value.trailers;
    case undefined:
      return [];
  }
}

function headerText(value: Header['value']): string {
  switch (value?.$case) {
    case 'text':
      return value.value;
    case 'binary':
      return `base64:${value.value.toString('base64')}`;
    case 'redacted':
      return '(withheld)';
    case undefined:
      return '';
  }
}
