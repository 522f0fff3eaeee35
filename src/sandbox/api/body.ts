import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { type Status, badRequest, failure } from '../store/status.js';
import type { Checked } from './checked.js';
import { parseMediaTypes } from './media-type.js';

/** What a client sent. */
export interface Body {
  /** The Content-Type without its parameters; empty where there was none. */
  readonly mediaType: string;
  readonly text: string;
}

/** As the API server: no object is larger, and etcd would refuse it. */
const maxBodyBytes = 3 * 1_024 * 1_024;

/** Reads a request's body to its end; undefined where it is too long. */
export async function readBody(request: IncomingMessage): Promise<Body | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // The rest is read too, and thrown away: an answer before the end would be lost with the connection.
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > maxBodyBytes) return undefined;
  const [type] = parseMediaTypes(request.headers['content-type'] ?? '');
  return { mediaType: type?.name ?? '', text: Buffer.concat(chunks).toString() };
}

export const bodyTooLarge: Status = failure({
  code: 413,
  reason: 'RequestEntityTooLarge',
  message: `Request entity too large: limit is ${maxBodyBytes}`,
});

/** Parses an object that is to be written, or a review. */
export function parseObjectBody({ mediaType, text }: Body): Checked<unknown> {
  switch (mediaType) {
    case '':
    case 'application/json':
    case '*/*':
      return parseJsonText(text);
    case 'application/yaml':
      return parseYamlText(text);
    default:
      return { ok: false, status: unsupported(mediaType) };
  }
}

/** Parses a body that is JSON whatever its media type says, such as a patch. */
export function parseJsonText(text: string): Checked<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, status: badRequest(`couldn't parse the body as JSON: ${messageOf(error)}`) };
  }
}

function parseYamlText(text: string): Checked<unknown> {
  try {
    return { ok: true, value: parseYaml(text) };
  } catch (error) {
    return { ok: false, status: badRequest(`couldn't parse the body as YAML: ${messageOf(error)}`) };
  }
}

function unsupported(mediaType: string): Status {
  const hint =
    mediaType === 'application/vnd.kubernetes.protobuf'
      ? '; some kubectl commands, such as drain, auth can-i and create with a generator, send nothing but protobuf: instead of the last, use `--dry-run=client -o yaml` and pipe it to `kubectl apply -f -`'
      : '';
  return failure({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format (${mediaType}) - accepted media types include: application/json, application/yaml${hint}`,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
