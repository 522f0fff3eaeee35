import { parseContextToken } from '../core/context-token.js';
import { type ApiServer, ApiService } from '../gen/conduit/api/v1/api.js';
import { toExplainEndpointsResponse } from '../wire/endpoint-explanation.js';
import { toExplainProfileResponse } from '../wire/profile-explanation.js';
import type { Vocabulary } from '../wire/vocabulary.js';
import { status } from '@grpc/grpc-js';
import { readStatQuery } from '../stats/stat-query.js';
import type { StatSource } from '../stats/stat-source.js';
import { summarizeStats } from '../stats/stat-summary.js';
import { createInventory, type InventoryOptions } from './inventory.js';
import { type LookupOptions, lookUpEndpoints, lookUpProfile } from './lookup.js';
import type { GrpcService } from './service.js';
import { StatusError } from './status.js';

export interface ApiOptions extends LookupOptions, InventoryOptions {
  /** Undefined where this process takes no part in telemetry. */
  readonly statSource: StatSource | undefined;
  /** Asked for each answer: where the backends of services are read from is found out while the process runs. */
  readonly vocabulary: () => Vocabulary;
}

/** `conduit.api.v1.Api`; its errors stand beside it in proto/. */
export function createApiService(options: ApiOptions): GrpcService {
  const { mesh, vocabulary, statSource } = options;

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

  const statSummary: ApiServer['statSummary'] = ({ request }, respond) => {
    const query = readStatQuery(request);
    if (!query.ok) throw new StatusError(status.INVALID_ARGUMENT, query.problem);
    if (statSource === undefined) {
      throw new StatusError(status.UNIMPLEMENTED, 'this control plane runs without telemetry (--services)');
    }
    summarizeStats(query.value, { mesh, source: statSource }).then(
      (summary) => {
        switch (summary.kind) {
          case 'summary':
            respond(null, summary.response);
            return;
          case 'missing':
            respond(new StatusError(status.NOT_FOUND, summary.problem));
            return;
          case 'unavailable':
            respond(new StatusError(status.FAILED_PRECONDITION, summary.problem));
        }
      },
      (error: unknown) => respond(error instanceof Error ? error : new Error(String(error))),
    );
  };

  const implementation = { explainEndpoints, explainProfile, statSummary, ...createInventory(options) };
  return { definition: ApiService, implementation };
}
