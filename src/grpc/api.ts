import { parseContextToken } from '../core/context-token.js';
import { type ApiServer, ApiService } from '../gen/conduit/api/v1/api.js';
import { toExplainEndpointsResponse } from '../wire/endpoint-explanation.js';
import { toExplainProfileResponse } from '../wire/profile-explanation.js';
import type { Vocabulary } from '../wire/vocabulary.js';
import { type LookupOptions, lookUpEndpoints, lookUpProfile } from './lookup.js';
import type { GrpcService } from './service.js';

export interface ApiOptions extends LookupOptions {
  /** Asked for each answer: where the backends of services are read from is found out while the process runs. */
  readonly vocabulary: () => Vocabulary;
}

/** `conduit.api.v1.Api`; its errors stand beside it in proto/. */
export function createApiService(options: ApiOptions): GrpcService {
  const { mesh, vocabulary } = options;

  const explainEndpoints: ApiServer['explainEndpoints'] = ({ request }, respond) => {
    const explanation = mesh.endpointExplanations.read(lookUpEndpoints(request, options));
    const { namespace } = parseContextToken(request.contextToken);
    respond(null, toExplainEndpointsResponse(explanation, namespace, vocabulary()));
  };

  const explainProfile: ApiServer['explainProfile'] = ({ request }, respond) => {
    const key = lookUpProfile(request, options);
    const explanation = mesh.profileExplanations.read(key);
    respond(null, toExplainProfileResponse(explanation, key.destination.port, vocabulary()));
  };

  return { definition: ApiService, implementation: { explainEndpoints, explainProfile } };
}
