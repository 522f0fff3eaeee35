import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { prefixBytes, uncompressed } from './framed.js';
import { hasMethods } from './has-methods.js';

/** What grpc-js's side of a call reads with, which its types don't show. */
interface ReadingCall {
  /** Called with each chunk of data that the stream has. */
  handleDataFrame(data: Buffer): void;
  /** Whether a message was asked for and hasn't come. */
  isReadPending: boolean;
  readonly readQueue: readonly unknown[];
  readonly decoder: { readonly readState: number };
  readonly handler: { deserialize(message: Buffer): unknown };
  readonly listener: { onReceiveMessage(message: unknown): void };
  readonly maxReceiveMessageSize: number;
}

/**
 * Has a message of `call`, which has been started, given on at once if it was asked for and is all that has come.
 *
 * grpc-js pauses the stream for each message, copies it, and gives it on when a promise is fulfilled: that is an eighth of what
 * a small message and its answer cost. Whatever else comes (a part of a message, several, a compressed one, or one before it
 * was asked for, which is where a client is held back, or one that doesn't decode) goes grpc-js's way.
 *
 * Returns whether it will: with a later grpc-js that reads otherwise, or behind a wrapper, everything goes grpc-js's way.
 */
export function takeWholeMessages(call: ServerInterceptingCallInterface): boolean {
  if (!isReading(call)) return false;
  const handleDataFrame = call.handleDataFrame.bind(call);
  call.handleDataFrame = (data) => {
    if (
      !call.isReadPending ||
      call.readQueue.length > 0 ||
      !isBetweenMessages(call) ||
      !isWhole(data, call)
    ) {
      handleDataFrame(data);
      return;
    }
    let message: unknown;
    try {
      message = call.handler.deserialize(data.subarray(prefixBytes));
    } catch {
      handleDataFrame(data);
      return;
    }
    call.isReadPending = false;
    call.listener.onReceiveMessage(message);
  };
  return true;
}

/** `ReadState.NO_DATA` of its stream decoder. */
const noData = 0;

function isBetweenMessages({ decoder }: ReadingCall): boolean {
  return decoder.readState === noData;
}

function isWhole(data: Buffer, { maxReceiveMessageSize }: ReadingCall): boolean {
  const bytes = data.byteLength - prefixBytes;
  return (
    bytes >= 0 &&
    data[0] === uncompressed &&
    data.readUInt32BE(1) === bytes &&
    (maxReceiveMessageSize === -1 || bytes <= maxReceiveMessageSize)
  );
}

function isReading(call: object): call is ReadingCall {
  return (
    hasMethods(call, 'handleDataFrame') &&
    'isReadPending' in call &&
    typeof call.isReadPending === 'boolean' &&
    'readQueue' in call &&
    Array.isArray(call.readQueue) &&
    'decoder' in call &&
    hasReadState(call.decoder) &&
    'handler' in call &&
    hasMethods(call.handler, 'deserialize') &&
    'listener' in call &&
    hasMethods(call.listener, 'onReceiveMessage') &&
    'maxReceiveMessageSize' in call &&
    typeof call.maxReceiveMessageSize === 'number'
  );
}

function hasReadState(decoder: unknown): boolean {
  return (
    typeof decoder === 'object' &&
    decoder !== null &&
    'readState' in decoder &&
    typeof decoder.readState === 'number'
  );
}
