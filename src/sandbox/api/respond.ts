import type { ServerResponse } from 'node:http';
import { stringify as yamlText } from 'yaml';
import type { PartsReply, TextReply } from './reply.js';

/** Parts are put together until they are worth a write. */
const writeBytes = 64 * 1_024;

/**
 * Sends a reply that ends. It resolves when all of it is handed to the socket, or the client has gone: a long list is
 * serialised no faster than the client takes it.
 */
export async function respond(
  response: ServerResponse,
  reply: TextReply | PartsReply,
  format: 'json' | 'yaml',
): Promise<void> {
  response.setHeader('cache-control', 'no-cache, private');
  if (reply.kind === 'parts' && format === 'json') {
    await respondInParts(response, reply.parts);
    return;
  }
  const isText = reply.kind === 'text';
  const json = isText ? reply.text : [...reply.parts].join('');
  const contentType = isText ? reply.contentType : 'application/json';
  const asYaml = format === 'yaml' && contentType === 'application/json';
  const text = asYaml ? yamlText(JSON.parse(json)) : json;
  response.writeHead(isText ? reply.code : 200, {
    ...(isText && reply.headers),
    'content-type': asYaml ? 'application/yaml' : contentType,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function respondInParts(response: ServerResponse, parts: Iterable<string>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length < writeBytes) continue;
    const full = !response.write(text);
    text = '';
    if (full && !response.destroyed) await drainedOrClosed(response);
    if (response.destroyed) return;
  }
  response.end(text);
}

function drainedOrClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
