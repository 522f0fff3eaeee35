import { credentials, Metadata } from '@grpc/grpc-js';
import {
  type TapByResourceRequest,
  type TapByResourceResponse,
  TapClient,
} from '../gen/conduit/tap/v1/tap.js';
import { channelOptions } from './channel.js';
import { describeFailure, type Failure } from './failure.js';

export interface TapOptions {
  /** The control plane's tooling-facing address, `host:port`. */
  readonly address: string;
  /** A Kubernetes token; undefined where the control plane asks for none. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  readonly onMessage: (message: TapByResourceResponse) => void;
}

/** How a tap ended: by the signal, by the control plane in good order, or not well. */
export type TapEnd =
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Watches requests until the signal is aborted, or the control plane ends it. */
export function watchTap(
  request: TapByResourceRequest,
  { address, token, signal, onMessage }: TapOptions,
): Promise<TapEnd> {
  if (signal.aborted) return Promise.resolve({ kind: 'interrupted' });
  const client = new TapClient(address, credentials.createInsecure(), {
    ...channelOptions,
    // A message holds some 64 KB of events, or one that is longer.
    'grpc.max_receive_message_length': 4 << 20,
  });
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve) => {
    const call = client.tapByResource(request, metadata);
    const cancel = (): void => call.cancel();
    const end = (how: TapEnd): void => {
      signal.removeEventListener('abort', cancel);
      client.close();
      resolve(signal.aborted ? { kind: 'interrupted' } : how);
    };
    call.on('data', (message: TapByResourceResponse) => {
      if (!signal.aborted) onMessage(message);
    });
    call.on('end', () => end({ kind: 'over' }));
    call.on('error', (error) => end({ kind: 'failed', failure: describeFailure(error, address) }));
    signal.addEventListener('abort', cancel, { once: true });
  });
}
