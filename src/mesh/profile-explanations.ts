import type { OpaqueCause } from '../core/endpoint-note.js';
import { includesPort } from '../core/port-ranges.js';
import type {
  EndpointClaim,
  ExplainedServiceProfile,
  Occupant,
  ProfileExplanation,
} from '../core/profile-explanation.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import { type AddressDestinations, occupantOf, type Owner, ownerOf } from './address-destinations.js';
import {
  type ClientProfileKey,
  chooseServiceProfile,
  clientProfileId,
  type Instance,
  type ProfileDestination,
  resolve,
} from './client-profiles.js';
import { namedWorkload } from './endpoint-explanations.js';
import { findOpaqueCause, type NoteSources, notesOn } from './endpoint-notes.js';
import type { BackendTarget, ServiceRow } from './rows.js';
import {
  overrideOrigin,
  type ServiceDestinationOptions,
  serviceOpaqueCause,
} from './service-destinations.js';
import { declaredPort } from './target-port.js';

/** Why clients are told what `client_profiles` has for the same key, by the functions that it is derived with. */
export type ProfileExplanations = View<ClientProfileKey, ProfileExplanation>;

interface Sources extends NoteSources {
  readonly addresses: AddressDestinations;
  readonly options: ServiceDestinationOptions;
}

export function createProfileExplanations(engine: Engine, sources: Sources): ProfileExplanations {
  return new View<ClientProfileKey, ProfileExplanation>(engine, {
    name: 'profile_explanations',
    id: clientProfileId,
    derive(read, { destination, clientNamespace }) {
      return { clientNamespace, ...explain(read, sources, destination, clientNamespace) };
    },
  });
}

type Explained = Omit<ProfileExplanation, 'clientNamespace'>;

/** What is to be said where the client is told nothing. */
const untold: Omit<Explained, 'subject'> = {
  serviceProfiles: [],
  opaque: undefined,
  overrides: 'none',
  notes: [],
};

function explain(
  read: Reader,
  sources: Sources,
  destination: ProfileDestination,
  clientNamespace: string | undefined,
): Explained {
  const { port } = destination;
  const standsFor = resolve(read, sources.tables, destination);
  switch (standsFor.kind) {
    case 'service':
      return explainService(read, sources, { ...standsFor, port, clientNamespace });
    case 'address':
      return explainAddress(read, sources, { ...standsFor, port });
    case 'service-missing':
    case 'instance-missing':
      return { subject: standsFor, ...untold };
  }
}

function explainService(
  read: Reader,
  { tables, options }: Sources,
  {
    service,
    by,
    port,
    clientNamespace,
  }: {
    readonly service: ServiceRow;
    readonly by: 'name' | 'cluster-ip';
    readonly port: number;
    readonly clientNamespace: string | undefined;
  },
): Explained {
  const { id } = service;
  if (service.type === 'ExternalName') return { subject: { kind: 'external-name', service: id }, ...untold };
  const declared = declaredPort(service, port);
  if (declared === undefined) return { subject: { kind: 'port-undefined', service: id, by }, ...untold };
  const { clusterDomain } = options;
  const chosen = chooseServiceProfile(read, tables, { service, clientNamespace, clusterDomain });
  const serviceProfiles = chosen.lookedFor.map(({ id, namespaceOf }): ExplainedServiceProfile => {
    const row = read.get(tables.serviceProfiles, id);
    if (row === undefined) return { id, namespaceOf, verdict: 'absent', problems: [] };
    const { problems } = row;
    return { id, namespaceOf, verdict: id === chosen.profile ? 'applies' : 'overruled', problems };
  });
  const cause = serviceOpaqueCause(service, port, options);
  return {
    subject: { kind: 'service', service: id, by, portName: declared.name },
    serviceProfiles,
    opaque: cause && { kind: cause },
    overrides: overrideOrigin(read.get(tables.serviceProfiles, chosen.profile), options),
    notes: [],
  };
}

function explainAddress(
  read: Reader,
  sources: Sources,
  {
    ip,
    port,
    instance,
  }: { readonly ip: string; readonly port: number; readonly instance: Instance | undefined },
): Explained {
  const { tables, addresses } = sources;
  const claim = instance === undefined ? claimOf(ownerOf(read, tables, ip, port)) : claimOfInstance(instance);
  const { by, target } = claim;
  const { endpoint } = read.view(addresses, { ip, port, target: instance?.target });
  return {
    subject: { kind: 'endpoint', by, occupant: explainOccupant(read, sources, target) },
    serviceProfiles: [],
    opaque: opaqueCauseOf(read, sources, target, endpoint.workload === undefined, port),
    overrides: 'none',
    // That it is opaque is said of the whole.
    notes: notesOn(read, sources, endpoint, target).filter(({ kind }) => kind !== 'opaque'),
  };
}

interface Claim {
  readonly by: EndpointClaim;
  readonly target: BackendTarget;
}

function claimOf({ by, target }: Owner): Claim {
  return { by: { kind: by }, target };
}

function claimOfInstance({ service, hostname, target }: Instance): Claim {
  return { by: { kind: 'instance', service, hostname }, target };
}

function explainOccupant(read: Reader, { tables, judging }: Sources, target: BackendTarget): Occupant {
  const found = occupantOf(read, tables, judging, target);
  const workload = namedWorkload(target);
  switch (found.kind) {
    case 'none':
    case 'unsupported':
      return found;
    case 'pod':
    case 'external-workload':
      return workload === undefined ? { kind: 'none' } : { kind: 'workload', workload };
    case 'unknown':
    case 'replaced':
    case 'not-running':
      return workload === undefined ? { kind: 'none' } : { ...found, workload };
  }
}

/** Of an address that nobody is found behind, only the mesh's list can say something. */
function opaqueCauseOf(
  read: Reader,
  sources: Sources,
  target: BackendTarget,
  isBare: boolean,
  port: number,
): OpaqueCause | undefined {
  if (!isBare) return findOpaqueCause(read, sources, target, port);
  const { defaultOpaquePorts } = sources.options;
  return includesPort(defaultOpaquePorts, port) ? { kind: 'default-ports' } : undefined;
}
