import { plainEqual } from '../core/equal.js';
import type { Http2ClientParams } from '../core/http2-params.js';
import type { Profile, ServiceDestination } from '../core/profile.js';
import { defaultRetryBudget } from '../core/routes.js';
import { DestinationProfile } from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Metadata } from '../gen/io/linkerd/proxy/meta/meta.js';
import { encodeMessage } from './encode-message.js';
import { toWeightedAddr } from './endpoint.js';
import { toHttp2ClientParams } from './http2-params.js';
import { toRetryBudget, toRoute } from './route.js';

export interface ProfileEncoder {
  /** A profile whole, as one message. */
  snapshot(profile: Profile): readonly Uint8Array[];
  /** The latest profile, whole: each message replaces the one before it. None where it says the same. */
  delta(told: Profile, latest: Profile): readonly Uint8Array[];
}

/** `params` are for connections to an endpoint with a proxy; undefined: the clients' own defaults. */
export function createProfileEncoder(params: Http2ClientParams | undefined): ProfileEncoder {
  const http2 = params === undefined ? undefined : toHttp2ClientParams(params);

  function toMessage(profile: Profile): DestinationProfile {
    switch (profile.kind) {
      case 'service':
        return toServiceProfile(profile);
      case 'endpoint':
        return {
          ...nothing,
          opaqueProtocol: profile.isOpaque,
          retryBudget: toRetryBudget(defaultRetryBudget),
          endpoint: toWeightedAddr(profile.endpoint, { kind: 'direct' }, http2),
        };
      case 'none':
        return nothing;
    }
  }
  const encode = (profile: Profile): readonly Uint8Array[] => [
    encodeMessage(DestinationProfile, toMessage(profile)),
  ];
  return { snapshot: encode, delta: (told, latest) => (plainEqual(told, latest) ? [] : encode(latest)) };
}

function toServiceProfile(service: ServiceDestination): DestinationProfile {
  const { namespace, name, port, source } = service;
  const [sourceNamespace = '', sourceName = ''] = source?.split('/') ?? [];
  return {
    ...nothing,
    fullyQualifiedName: service.fullyQualifiedName,
    opaqueProtocol: service.isOpaque,
    routes: service.routes.map(toRoute),
    retryBudget: toRetryBudget(service.retryBudget),
    dstOverrides: service.overrides.map((override) => ({ ...override, backendRef: undefined })),
    parentRef: reference('core', 'Service', { namespace, name, port }),
    profileRef:
      source === undefined
        ? undefined
        : reference('linkerd.io', 'ServiceProfile', {
            namespace: sourceNamespace,
            name: sourceName,
            port: 0,
          }),
  };
}

function reference(
  group: string,
  kind: string,
  object: { readonly namespace: string; readonly name: string; readonly port: number },
): Metadata {
  return { kind: { $case: 'resource', value: { group, kind, ...object, section: '' } } };
}

const nothing: DestinationProfile = DestinationProfile.create();
