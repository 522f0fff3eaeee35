import { status } from '@grpc/grpc-js';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Method } from './method.js';

/** Records what becomes of the calls of one method. */
export interface MethodMetrics {
  started(): void;
  /** Once for each `started`. */
  handled(code: number, seconds: number): void;
  sent(messages: number): void;
  received(): void;
}

/**
 * The metrics of all gRPC servers of the process. Names and labels of `grpc_server_*` are those of go-grpc-prometheus,
 * which dashboards and alerts in the field are written for.
 */
export interface GrpcMetrics {
  /** Also creates the method's series at zero, so that a rate sees its first call. */
  method(method: Method): MethodMetrics;
  streamReset(reason: ResetReason): void;
  /** Reports, under the server's name, what `count` returns at each scrape, until the function returned is called. */
  countConnections(server: string, count: () => number): () => void;
}

/** Why a stream was cut off: its client took nothing for too long. */
export type ResetReason = 'stalled';

/**
 * Clients bound the life of a stream: linkerd2-proxy ends one after 5 minutes without a message and any after 1 hour
 * (LINKERD2_PROXY_CONTROL_STREAM_IDLE_TIMEOUT and _LIFETIME as injected). Bounds on both sides of the two tell those
 * ends from all others; below them are the unary calls.
 */
const handlingSecondsBuckets = [0.01, 0.1, 1, 10, 60, 295, 305, 1_800, 3_595, 3_605];

const methodLabels = ['grpc_type', 'grpc_service', 'grpc_method'] as const;

/**
 * Messages are counted in plain numbers, which a scrape reads: prom-client takes most of a microsecond for each `inc`, and
 * a message to a stream takes no more than a few.
 */
interface MessageTally {
  readonly labels: Readonly<Record<(typeof methodLabels)[number], string>>;
  sent: number;
  received: number;
}

export function createGrpcMetrics(registry: Registry): GrpcMetrics {
  const registers = [registry];
  const started = new Counter({
    name: 'grpc_server_started_total',
    help: 'Calls that came in.',
    labelNames: methodLabels,
    registers,
  });
  const handled = new Counter({
    name: 'grpc_server_handled_total',
    help: 'Calls that ended, by the status they ended with; Canceled where the client or its connection went away.',
    labelNames: [...methodLabels, 'grpc_code'],
    registers,
  });
  const seconds = new Histogram({
    name: 'grpc_server_handling_seconds',
    help: 'How long calls lasted, from their headers to their end.',
    labelNames: methodLabels,
    buckets: handlingSecondsBuckets,
    registers,
  });
  const tallies: MessageTally[] = [];
  new Counter({
    name: 'grpc_server_msg_sent_total',
    help: 'Messages handed to the transport.',
    labelNames: methodLabels,
    registers,
    collect() {
      this.reset();
      for (const { labels, sent } of tallies) this.inc(labels, sent);
    },
  });
  new Counter({
    name: 'grpc_server_msg_received_total',
    help: 'Messages received.',
    labelNames: methodLabels,
    registers,
    collect() {
      this.reset();
      for (const { labels, received } of tallies) this.inc(labels, received);
    },
  });
  const open = new Gauge({
    name: 'conduit_grpc_streams_open',
    help: 'Calls that are under way.',
    labelNames: methodLabels,
    registers,
  });
  const resets = new Counter({
    name: 'conduit_grpc_streams_reset_total',
    help: 'Streams cut off by the server; stalled: the client took nothing for too long.',
    labelNames: ['reason'],
    registers,
  });
  resets.inc({ reason: 'stalled' }, 0);

  const connectionCounts = new Map<string, () => number>();
  const connections = new Gauge({
    name: 'conduit_grpc_connections',
    help: 'Open client connections, by server.',
    labelNames: ['server'],
    registers,
    collect() {
      for (const [server, count] of connectionCounts) connections.set({ server }, count());
    },
  });

  return {
    method({ type, service, name }) {
      const labels = { grpc_type: type, grpc_service: service, grpc_method: name };
      const ofMethod = {
        started: started.labels(labels),
        seconds: seconds.labels(labels),
        open: open.labels(labels),
      };
      const tally = { labels, sent: 0, received: 0 };
      tallies.push(tally);
      ofMethod.started.inc(0);
      ofMethod.open.inc(0);
      handled.inc({ ...labels, grpc_code: codeName(status.OK) }, 0);
      return {
        started() {
          ofMethod.started.inc();
          ofMethod.open.inc();
        },
        handled(code, duration) {
          handled.inc({ ...labels, grpc_code: codeName(code) });
          ofMethod.seconds.observe(duration);
          ofMethod.open.dec();
        },
        sent(messages) {
          tally.sent += messages;
        },
        received() {
          tally.received += 1;
        },
      };
    },
    streamReset(reason) {
      resets.inc({ reason });
    },
    countConnections(server, count) {
      connectionCounts.set(server, count);
      return () => {
        connectionCounts.delete(server);
        connections.remove({ server });
      };
    },
  };
}

/** `InvalidArgument` for 3: the spelling of the label `grpc_code`, which is grpc-go's. */
export function codeName(code: number): string {
  return codeNames[code] ?? 'Unknown';
}

const codeNames = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];
