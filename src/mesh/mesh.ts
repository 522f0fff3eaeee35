import type { Engine } from '../engine/engine.js';
import type { View } from '../engine/view.js';
import { type AddressDestinations, createAddressDestinations } from './address-destinations.js';
import { type AddressOwners, createAddressOwners } from './address-owners.js';
import { createCandidates } from './candidates.js';
import { type ClientEndpoints, createClientEndpoints } from './client-endpoints.js';
import { type ClientProfiles, createClientProfiles } from './client-profiles.js';
import { createEndpointExplanations, type EndpointExplanations } from './endpoint-explanations.js';
import type { NoteSources } from './endpoint-notes.js';
import { createEndpointParts } from './endpoint-parts.js';
import { createEndpoints, type EndpointSources } from './endpoints.js';
import { createExternalWorkloads } from './external-workloads.js';
import { createOffers } from './offers.js';
import { createOpaqueServers } from './opaque-servers.js';
import { createProfileExplanations, type ProfileExplanations } from './profile-explanations.js';
import { createNamespacePods, createSelectablePods } from './selectable-pods.js';
import { createSelectedPods, type SelectedPods } from './selected-pods.js';
import { createSelectedResources, type SelectedResources } from './selected-resources.js';
import { createServiceDestinations, type ServiceDestinationOptions } from './service-destinations.js';
import type { Judging } from './judge.js';
import { createMeshTables, type MeshTables } from './tables.js';
import type { EndpointOptions } from './workload-endpoint.js';
import { createWorkloads, type IdentityOptions } from './workloads.js';

export interface MeshOptions extends IdentityOptions, EndpointOptions, ServiceDestinationOptions {}

/** All tables, and all that is derived from them. */
export interface Mesh {
  readonly tables: MeshTables;
  readonly clientEndpoints: ClientEndpoints;
  readonly clientProfiles: ClientProfiles;
  /** Why `clientEndpoints` are what they are. */
  readonly endpointExplanations: EndpointExplanations;
  /** Why `clientProfiles` are what they are. */
  readonly profileExplanations: ProfileExplanations;
  readonly selectedResources: SelectedResources;
  readonly selectedPods: SelectedPods;
  readonly addressOwners: AddressOwners;
  /** Every view, for metrics and debugging. */
  readonly views: readonly Pick<View<never, unknown>, 'name' | 'stats'>[];
}

export function createMesh(engine: Engine, options: MeshOptions): Mesh {
  const tables = createMeshTables(engine);
  const servers = createOpaqueServers(engine, tables);
  const workloads = createWorkloads(engine, tables, servers, options);
  const externalWorkloads = createExternalWorkloads(engine, tables, servers);
  const judging: Judging = { workloads, externalWorkloads, options };
  const candidates = createCandidates(engine, tables, judging);
  const offers = createOffers(engine, tables, candidates);
  const parts = createEndpointParts(engine, candidates);
  const endpointSources: EndpointSources = { tables, offers, parts };
  const endpoints = createEndpoints(engine, endpointSources);
  const clientEndpoints = createClientEndpoints(engine, tables, endpoints);
  const services = createServiceDestinations(engine, tables, options);
  const addresses: AddressDestinations = createAddressDestinations(engine, tables, judging);
  const clientProfiles = createClientProfiles(engine, tables, services, addresses, options);
  const noteSources: NoteSources = { tables, judging, servers };
  const endpointExplanations = createEndpointExplanations(engine, { ...endpointSources, ...noteSources });
  const profileExplanations = createProfileExplanations(engine, { ...noteSources, addresses, options });
  const selectablePods = createSelectablePods(engine, tables, options);
  const namespacePods = createNamespacePods(engine, tables, options);
  const selectedResources = createSelectedResources(engine, { tables, selectablePods, namespacePods });
  const selectedPods = createSelectedPods(engine, selectedResources);
  const addressOwners = createAddressOwners(engine, tables, options);
  const views = [
    servers,
    workloads,
    externalWorkloads,
    candidates,
    offers,
    parts,
    endpoints,
    clientEndpoints,
    services,
    addresses,
    clientProfiles,
    endpointExplanations,
    profileExplanations,
    selectablePods,
    namespacePods,
    selectedResources,
    selectedPods,
    addressOwners,
  ];
  return {
    tables,
    clientEndpoints,
    clientProfiles,
    endpointExplanations,
    profileExplanations,
    selectedResources,
    selectedPods,
    addressOwners,
    views,
  };
}
