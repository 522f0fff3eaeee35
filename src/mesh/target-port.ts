import type { BackendGroup, ServiceRow } from './rows.js';

/**
 * Which port of its backends a service's port stands for. Backends name the service's ports, so the service gives the
 * name and each group of backends its own number for it.
 */
export type TargetPort =
  | { readonly kind: 'named'; readonly name: string }
  /** A port that the service doesn't declare is taken as the backends' own number. */
  | { readonly kind: 'number'; readonly port: number };

/** What `port` of the service stands for. Of two ports with the same number, one UDP say, the first decides. */
export function targetPort(service: ServiceRow, port: number): TargetPort {
  const declared = service.ports.find((candidate) => candidate.port === port);
  return declared === undefined ? { kind: 'number', port } : { kind: 'named', name: declared.name };
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
  return target.kind === 'named' ? `named|${target.name}` : `number|${target.port}`;
}
