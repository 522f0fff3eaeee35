import { fileURLToPath } from 'node:url';
import {
  Client,
  Metadata,
  type ServerUnaryCall,
  type ServiceError,
  type UntypedServiceImplementation,
  credentials,
  status,
} from '@grpc/grpc-js';
import { type ServiceDefinition, loadSync } from '@grpc/proto-loader';
import { type Peer, grpcTarget } from './mesh.js';

/** The gRPC services of the shop, as shop.proto has them: their clients, and what serves them. */

// Two folders up is the package, from examples/programs as from dist/examples.
const protoFile = fileURLToPath(new URL('../../examples/programs/shop.proto', import.meta.url));
const definitions = loadSync(protoFile);

interface Messages {
  readonly StockService: {
    readonly Count: readonly [{ readonly item: string }, { readonly left: number }];
    readonly Take: readonly [{ readonly item: string; readonly amount: number }, { readonly left: number }];
  };
  readonly OrderService: {
    readonly Place: readonly [
      { readonly item: string; readonly amount: number; readonly customer: string },
      { readonly order: string },
    ];
  };
}

type Service = keyof Messages;
type Request<S extends Service, M extends keyof Messages[S]> = Messages[S][M] extends readonly [
  infer R,
  unknown,
]
  ? R
  : never;
type Response<S extends Service, M extends keyof Messages[S]> = Messages[S][M] extends readonly [
  unknown,
  infer R,
]
  ? R
  : never;

export type Calls<S extends Service> = {
  readonly [M in keyof Messages[S]]: (request: Request<S, M>) => Promise<Response<S, M>>;
};

function definitionOf(service: Service): ServiceDefinition {
  return definitions[`cornershop.v1.${service}`] as ServiceDefinition;
}

/** Calls another service; each call has five seconds. A failed call rejects with grpc-js's ServiceError. */
export function clientOf<S extends Service>(service: S, peer: Peer): Calls<S> {
  const { address, authority } = grpcTarget(peer);
  const client = new Client(address, credentials.createInsecure(), { 'grpc.default_authority': authority });
  const calls = Object.entries(definitionOf(service)).map(([name, method]) => [
    name,
    (request: object) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          { deadline: Date.now() + 5_000 },
          (error, response) => (error ? reject(error) : resolve(response)),
        );
      }),
  ]);
  return Object.fromEntries(calls) as Calls<S>;
}

/** A failure that the caller is to be told of. */
export class Refusal extends Error {
  readonly code: status;
  /** It is part of the demonstration. */
  readonly onPurpose: boolean;

  constructor(code: status, message: string, { onPurpose = false } = {}) {
    super(message);
    this.code = code;
    this.onPurpose = onPurpose;
  }
}

/** What `Server.addService` takes. */
export function implement<S extends Service>(
  service: S,
  handlers: Calls<S>,
): readonly [ServiceDefinition, UntypedServiceImplementation] {
  const implementation = Object.entries<(request: never) => Promise<unknown>>(handlers).map(
    ([name, handler]) => [
      name,
      (call: ServerUnaryCall<never, unknown>, done: (error: object | null, response?: unknown) => void) => {
        handler(call.request).then(
          (response) => done(null, response),
          (error: unknown) => done(toStatus(error)),
        );
      },
    ],
  );
  return [definitionOf(service), Object.fromEntries(implementation)];
}

function toStatus(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata();
  if (error instanceof Refusal) {
    if (error.onPurpose) metadata.set('on-purpose', 'true');
    return { code: error.code, details: error.message, metadata };
  }
  // The failure of a service behind this one is told as it is.
  if (isServiceError(error)) return { code: error.code, details: error.details, metadata };
  return { code: status.INTERNAL, details: String(error), metadata };
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'metadata' in error;
}

export function isOnPurpose(error: unknown): boolean {
  return isServiceError(error) && error.metadata.get('on-purpose').length > 0;
}
