/** One method of a service, under the names that metrics and logs use. */
export interface Method {
  /** As HTTP/2 has it: `/package.Service/Method`. */
  readonly path: string;
  /** `package.Service`. */
  readonly service: string;
  readonly name: string;
  readonly type: MethodType;
}

/** The values of the label `grpc_type`, as go-grpc-prometheus established them. */
export type MethodType = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

export interface MethodShape {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

export function methodOf({ path, requestStream, responseStream }: MethodShape): Method {
  const slash = path.lastIndexOf('/');
  return {
    path,
    service: path.slice(1, slash),
    name: path.slice(slash + 1),
    type: requestStream
      ? responseStream
        ? 'bidi_stream'
        : 'client_stream'
      : responseStream
        ? 'server_stream'
        : 'unary',
  };
}
