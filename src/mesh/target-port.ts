import type { BackendGroup, ServicePort, ServiceRow } from './rows.js';

/**
 * What a port of a service stands for at its backends. Backends name the service's ports, so the service gives the name
 * and each group of backends its own number for it.
 */
export type TargetPort =
  | { readonly kind: 'named'; readonly port: number; readonly name: string }
  /** A port that the service doesn't declare is taken as the backends' own number. */
  | { readonly kind: 'number'; readonly port: number };

/** The port of that number; of two, one UDP say, the first. */
export function declaredPort({ ports }: ServiceRow, port: number): ServicePort | undefined {
  return ports.find((declared) => declared.port === port);
}

/** What `port` of the service stands for. */
export function targetPort(service: ServiceRow, port: number): TargetPort {
  const declared = declaredPort(service, port);
  return declared === undefined ? { kind: 'number', port } : { kind: 'named', port, name: declared.name };
}

/** The port to connect to in this group; undefined where its backends don't have the port, as in mid-rollout. */
export function resolveTargetPort(target: TargetPort, group: BackendGroup): number | undefined {
  switch (target.kind) {
    case 'named':
      return group.ports.find(({ name }) => name === target.name)?.port;
    case 'number':
      // Backends that declare no port at all listen on none that could be asked for.
      return group.ports.length === 0 ? undefined : target.port;
  }
}

/** Tells target ports apart, as part of a view's key. */
export function targetPortId(target: TargetPort): string {
  return target.kind === 'named' ? `named|${target.port}|${target.name}` : `number|${target.port}`;
}

export function sameTargetPort(a: TargetPort, b: TargetPort): boolean {
  if (a === b) return true;
  if (a.port !== b.port) return false;
  return a.kind === 'named' ? b.kind === 'named' && a.name === b.name : b.kind === 'number';
}
