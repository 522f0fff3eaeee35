import { GetDestination } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import { checkout, namespace, nodeOfClient } from '../kit/service-under-change.js';
import { RawConnection } from '../kit/raw-connection.js';
import { serveCommands } from '../kit/worker.js';

/** A process with one stream to each of several servers, which counts what it is told. */

interface Stream {
  messages: number;
  bytes: number;
}

const streams = new Map<number, Stream>();
let failure: string | undefined;

const commands = {
  open(port: number): void {
    const stream: Stream = { messages: 0, bytes: 0 };
    streams.set(port, stream);
    const prefix = Buffer.alloc(5);
    let prefixBytes = 0;
    let rest = 0;
    const request = {
      path: '/io.linkerd.proxy.destination.Destination/Get',
      message: GetDestination.encode({
        scheme: '',
        path: `${checkout}.${namespace}.svc.cluster.local:80`,
        contextToken: JSON.stringify({ ns: namespace, nodeName: nodeOfClient(0) }),
      }).finish(),
    };
    new RawConnection({
      port,
      requests: [request],
      onData(_, chunk, start, end) {
        stream.bytes += end - start;
        for (let at = start; at < end; ) {
          if (rest === 0) {
            prefix[prefixBytes++] = chunk[at++]!;
            if (prefixBytes < prefix.length) continue;
            prefixBytes = 0;
            rest = prefix.readUInt32BE(1);
          }
          const taken = Math.min(rest, end - at);
          at += taken;
          rest -= taken;
          if (rest === 0) stream.messages += 1;
        }
      },
      onFailure: (problem) => {
        failure ??= problem;
      },
    });
  },
  /** What the stream to this port has been told so far. */
  told(port: number): Readonly<Stream> {
    if (failure !== undefined) throw new Error(failure);
    const stream = streams.get(port);
    if (stream === undefined) throw new Error(`no stream to ${port}`);
    return stream;
  },
} as const;

export type ScaleClientCommands = typeof commands;

serveCommands(commands);
