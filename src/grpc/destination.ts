import type { Registry } from 'prom-client';
import type { EndpointSet } from '../core/endpoint-set.js';
import { type ServiceId, serviceId } from '../core/ids.js';
import type { Http2ClientParams } from '../core/http2-params.js';
import type { Profile } from '../core/profile.js';
import {
  type DestinationServer,
  DestinationService,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Mesh } from '../mesh/mesh.js';
import { createProfileEncoder } from '../wire/profile.js';
import { createUpdateEncoder } from '../wire/update.js';
import { Audiences, noSubject, type Subject } from './audience.js';
import { createDestinationMetrics } from './destination-metrics.js';
import { type LookupOptions, lookUpEndpoints, lookUpProfile } from './lookup.js';
import { openCallOf } from './open-call.js';
import { pump } from './pump.js';
import type { GrpcService } from './service.js';
import { SharedEncoding } from './shared-encoding.js';

export interface DestinationOptions extends LookupOptions {
  /** For connections between proxies; undefined: their own defaults. */
  readonly meshedHttp2ClientParams: Http2ClientParams | undefined;
  readonly registry: Registry;
}

/** `io.linkerd.proxy.destination.Destination`; its order of messages and its errors stand beside it in proto/. */
export function createDestinationService(options: DestinationOptions): GrpcService {
  const { mesh, meshedHttp2ClientParams } = options;
  const gets = new Audiences('Get');
  const getProfiles = new Audiences('GetProfile');
  const metrics = createDestinationMetrics(options.registry, {
    audiences: [gets, getProfiles],
    endpointSets: () => subscribedSets(mesh),
    encodings: () => ({ Get: updates.encodings, GetProfile: profiles.encodings }),
  });
  const updates = new SharedEncoding<EndpointSet>(
    metrics.timed(createUpdateEncoder(meshedHttp2ClientParams)),
  );
  const profiles = new SharedEncoding<Profile>(createProfileEncoder(meshedHttp2ClientParams));

  const get: DestinationServer['get'] = (call) => {
    const { path, contextToken } = call.request;
    const key = lookUpEndpoints({ authority: path, contextToken }, options);
    pump({
      call: openCallOf(call),
      view: mesh.clientEndpoints,
      key,
      encoding: updates,
      audiences: gets,
      subjectOf: () => subject(mesh, key.service, key.port),
    });
  };

  const getProfile: DestinationServer['getProfile'] = (call) => {
    const { path, contextToken } = call.request;
    const key = lookUpProfile({ authority: path, contextToken }, options);
    pump({
      call: openCallOf(call),
      view: mesh.clientProfiles,
      key,
      encoding: profiles,
      audiences: getProfiles,
      subjectOf: (profile) => profileSubject(mesh, profile),
    });
  };

  return { definition: DestinationService, implementation: { get, getProfile } };
}

/** A port that the service doesn't declare is the client's invention, of which there may be many: it gets no name. */
function subject(mesh: Mesh, id: ServiceId, port: number): Subject {
  const service = mesh.tables.services.get(id);
  if (service === undefined) return noSubject;
  const isDeclared = service.ports.some((declared) => declared.port === port);
  return { namespace: service.namespace, service: service.name, port: isDeclared ? `${port}` : '' };
}

function profileSubject(mesh: Mesh, profile: Profile): Subject {
  if (profile.kind !== 'service') return noSubject;
  return subject(mesh, serviceId(profile.namespace, profile.name), profile.port);
}

/** What clients of whole services are told; instances of StatefulSets are as many as pods. */
function* subscribedSets(mesh: Mesh): Iterable<Subject & { readonly set: EndpointSet }> {
  for (const { key, value: set } of mesh.clientEndpoints.subscribed()) {
    if (key.hostname === undefined && set.exists) yield { ...subject(mesh, key.service, key.port), set };
  }
}
