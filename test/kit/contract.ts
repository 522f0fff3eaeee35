import { loadSync } from '@grpc/proto-loader';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

/**
 * The contracts as `@grpc/proto-loader` reads them from proto/: a second implementation, which holds the generated code
 * to the files. Decoded messages are plain objects with the field names of the files
 * and only the fields that were on the wire.
 */
const contract = loadSync(
  [
    'conduit/api/v1/api.proto',
    'io/linkerd/proxy/destination/destination.proto',
    'io/linkerd/proxy/net/net.proto',
  ],
  {
    includeDirs: ['proto'],
    keepCase: true,
    longs: String,
    enums: String,
    arrays: true,
    objects: true,
    oneofs: true,
  },
);

/** Decodes bytes as the message of this full name. */
export function decodeMessage(name: string, bytes: Uint8Array): unknown {
  const definition = contract[name] as MessageTypeDefinition<object, object> | undefined;
  if (definition === undefined) throw new Error(`proto/ has no message ${name}`);
  return JSON.parse(JSON.stringify(definition.deserialize(Buffer.from(bytes))));
}
