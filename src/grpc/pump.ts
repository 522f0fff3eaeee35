import type { Subscription, View } from '../engine/view.js';
import { type FramedSink, writeFramed } from './framed.js';
import type { SharedEncoding } from './shared-encoding.js';

/** A server's stream, as far as a pump needs it. */
export interface PumpedCall extends FramedSink {
  readonly cancelled: boolean;
  emit(event: 'error', error: unknown): boolean;
  on(event: 'cancelled' | 'close', listener: () => void): unknown;
}

export interface PumpOptions<Key, Value extends object> {
  readonly call: PumpedCall;
  readonly view: View<Key, Value>;
  readonly key: Key;
  readonly encoding: SharedEncoding<Value>;
}

/**
 * Keeps a client at the latest state of a view's key until its call is over: first the whole state, then what differs
 * from the state this client was last told.
 *
 * All that is remembered of a client is that one state. While a write is out nothing is queued behind it; when the
 * transport has taken it, the client is told of the latest state, whatever was in between. A client that takes nothing
 * therefore costs nothing but its stream, and ending that is the server's business. Throws what the derivation throws.
 */
export function pump<Key, Value extends object>({
  call,
  view,
  key,
  encoding,
}: PumpOptions<Key, Value>): void {
  let told: Value | undefined;
  let isWriting = false;

  const advance = (): void => {
    const latest = subscription.latest.value;
    if (isWriting || latest === told) return;
    const framed = told === undefined ? encoding.snapshot(latest) : encoding.delta(told, latest);
    told = latest;
    if (framed === undefined) return;
    isWriting = true;
    writeFramed(call, framed, (error) => {
      isWriting = false;
      if (error === undefined || error === null) advanceOrFail();
      else subscription.close();
    });
  };

  const advanceOrFail = (): void => {
    try {
      advance();
    } catch (error) {
      subscription.close();
      call.emit('error', error);
    }
  };

  const subscription: Subscription<Value> = view.subscribe(key, advanceOrFail);
  const close = (): void => subscription.close();
  call.on('cancelled', close);
  call.on('close', close);
  if (call.cancelled) close();
  else advanceOrFail();
}
