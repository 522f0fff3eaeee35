import { createChannel } from '../client/channel.js';
import { bareEndpoint } from '../client/told-endpoint.js';
import { formatListenAddress, type ListenAddress } from '../runtime/address.js';
import type { Logger } from '../runtime/log.js';
import { Scope } from '../runtime/scope.js';
import { Endpoint } from './balance/endpoint.js';
import { createConnections } from './connections.js';
import { normalAuthority } from './discovery/authority.js';
import { Discovery } from './discovery/discovery.js';
import { ProfileFollower } from './discovery/profile-follower.js';
import type { ForwardOptions } from './http/forward.js';
import { createInbound } from './inbound.js';
import type { Direction, Observer, Target } from './metrics/observer.js';
import { createOutbound } from './outbound.js';
import { forwardBytes } from './tcp/forward-bytes.js';
import { createListener, type Listener } from './tcp/listener.js';

/** One address of the pod, and where the application listens for what comes there. */
export interface InboundRule {
  readonly listen: ListenAddress;
  readonly forward: { readonly host: string; readonly port: number };
  /** Connections are bytes, and nothing is detected, whatever the control plane says of the address. */
  readonly isOpaque: boolean;
}

/** An address at which connections are bytes for one authority. */
export interface OutboundTcpRule {
  readonly listen: ListenAddress;
  readonly authority: string;
}

export interface ProxyOptions {
  /** Where HTTP requests for anywhere are taken; undefined: nowhere. */
  readonly outbound: ListenAddress | undefined;
  readonly outboundTcp: readonly OutboundTcpRule[];
  readonly inbound: readonly InboundRule[];
  /** The address that endpoints are connected to from; undefined: whichever the system chooses. */
  readonly sourceIp?: string | undefined;
  /** The control plane, `host:port`; undefined: there is none. */
  readonly destinationAddress: string | undefined;
  /** JSON with `ns`, `nodeName` and `pod`, each optional. */
  readonly contextToken: string;
  /** How long a connection's protocol may stay undecided. */
  readonly detectMs: number;
  /** How long what is known of a name is kept after its last use. */
  readonly discoveryIdleMs: number;
  /** The pod's name, or another by which people know this proxy. */
  readonly name: string | undefined;
  readonly observer: Observer;
  readonly log: Logger;
  /** Milliseconds of any clock that only goes forward. */
  readonly nowMs?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

export interface Proxy {
  /** As bound. */
  readonly addresses: {
    readonly outbound: string | undefined;
    readonly outboundTcp: readonly string[];
    readonly inbound: readonly string[];
  };
  /** For `/debug`. */
  discovery(): unknown;
  /** How many connections of clients are open. */
  connections(): number;
  /** Takes nothing more; resolves when all requests are done, or cuts what is left after `graceMs`. */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/** linkerd2-proxy's figure for the outbound side. It allows an application a tenth of it, which a busy machine exceeds. */
const connectTimeoutMs = 1_000;

/** Starts a proxy and resolves once it listens everywhere. Throws an Error that names the address where it can't. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { observer, log, detectMs, nowMs = () => performance.now(), random = Math.random } = options;
  const scope = new Scope();
  const listeners: Listener[] = [];
  const connectFor = (direction: Direction) => (target: () => Target) =>
    createConnections(target, {
      direction,
      observer,
      connectTimeoutMs,
      // Applications know their own sidecar by no address in particular.
      ...(direction === 'outbound' && { sourceIp: options.sourceIp }),
    });
  const forwardingFor = (direction: Direction): ForwardOptions => ({
    direction,
    observer,
    nowMs,
    proxyName: options.name === undefined ? `${direction} proxy` : `${direction} proxy of ${options.name}`,
    onBug: (err) => log.error({ err }, 'a request failed by a bug'),
  });
  const open = async (listener: Promise<Listener>): Promise<Listener> => {
    const opened = await listener;
    listeners.push(opened);
    return opened;
  };

  try {
    const { destinationAddress, contextToken, discoveryIdleMs: idleMs } = options;
    const channel = destinationAddress === undefined ? undefined : createChannel(destinationAddress);
    scope.add(() => channel?.close());
    const discovery = new Discovery({
      channel,
      contextToken,
      idleMs,
      connect: connectFor('outbound'),
      nowMs,
      random,
      log,
    });
    scope.add(() => discovery.close());
    scope.add(() => listeners.forEach((it) => it.close()));

    const inbound: Listener[] = [];
    for (const rule of options.inbound) {
      const endpoint = new Endpoint({
        // The application in this pod, which is spoken to in whatever its clients speak.
        told: bareEndpoint({ ip: rule.forward.host, port: rule.forward.port }),
        authority: undefined,
        connect: connectFor('inbound'),
        estimateMs: 0,
        nowMs: nowMs(),
        random,
      });
      const forwarding = forwardingFor('inbound');
      const listener = await open(
        createListener({
          address: rule.listen,
          direction: 'inbound',
          target: endpoint.target,
          observer,
          http: rule.isOpaque ? undefined : createInbound({ ...forwarding, endpoint }),
          isBytes: () => own?.current.told.isOpaque === true,
          onBytes: (socket, first) =>
            void forwardBytes(socket, { ...forwarding, log, first, pick: () => endpoint }),
          detectMs,
        }),
      );
      inbound.push(listener);
      const own =
        rule.listen.host === undefined || rule.isOpaque
          ? undefined
          : new ProfileFollower({ channel, contextToken, log, authority: listener.address });
      scope.add(() => own?.close());
    }

    const outboundTcp: Listener[] = [];
    for (const { listen, authority } of options.outboundTcp) {
      const normal = normalAuthority(authority);
      if (normal === undefined) throw new Error(`${authority} is not an authority`);
      outboundTcp.push(
        await open(
          createListener({
            address: listen,
            direction: 'outbound',
            target: undefined,
            observer,
            http: undefined,
            onBytes: (socket, first) => {
              const pick = async (tried: ReadonlySet<Endpoint>): Promise<Endpoint | undefined> =>
                (await discovery.find(normal)).backend().pick(tried);
              void forwardBytes(socket, { ...forwardingFor('outbound'), log, first, pick });
            },
            detectMs,
          }),
        ),
      );
    }

    let own: Listener | undefined;
    if (options.outbound !== undefined) {
      const { host } = options.outbound;
      const isOwn = (ip: string, port: number): boolean =>
        port === own?.port && (ip === host || (host === undefined && /^(127\.|::1$|localhost$)/.test(ip)));
      own = await open(
        createListener({
          address: options.outbound,
          direction: 'outbound',
          target: undefined,
          observer,
          http: createOutbound({ ...forwardingFor('outbound'), discovery, log, isOwn }),
          // Without a Host there is nothing that says where bytes are to go.
          onBytes: (socket) => {
            observer.refused({ direction: 'outbound', protocol: 'tcp', reason: 'malformed' });
            socket.destroy();
          },
          detectMs,
        }),
      );
    }

    const addresses = {
      outbound: own?.address,
      outboundTcp: outboundTcp.map((it) => it.address),
      inbound: inbound.map((it) => it.address),
    };
    log.info(
      {
        ...addresses,
        forward: options.inbound.map(({ forward }) => formatListenAddress(forward)),
        destination: destinationAddress,
      },
      'proxy started',
    );
    return {
      addresses,
      discovery: () => discovery.snapshot(),
      connections: () => listeners.reduce((sum, it) => sum + it.connections, 0),
      async stop({ graceMs }) {
        for (const it of listeners) it.drain();
        const isDrained = await within(graceMs, Promise.all(listeners.map((it) => it.drained)));
        if (!isDrained) {
          const connections = listeners.reduce((sum, it) => sum + it.connections, 0);
          log.warn({ connections, graceMs }, 'connections are cut that did not end in time');
        }
        await scope.close();
      },
    };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

/** Whether something came to its end in time. */
async function within(timeoutMs: number, done: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
