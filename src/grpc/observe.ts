import type {
  sendUnaryData,
  ServerInterceptingCall,
  ServerInterceptor,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { sendFramed } from './framed.js';
import {
  type CallContext,
  type CallSurface,
  type ObservedMethod,
  OpenCall,
  openCallOf,
} from './open-call.js';

/**
 * Makes each call of a server an OpenCall, and hands it to `onOpen` before anything else happens to it. `methods` has
 * every method of the server, by its path.
 */
export function observeCalls(
  methods: ReadonlyMap<string, ObservedMethod>,
  context: CallContext,
  onOpen: (call: OpenCall) => void,
): ServerInterceptor {
  return (definition, transport) => {
    const observed = methods.get(definition.path);
    if (observed === undefined) throw new Error(`no such method: ${definition.path}`);
    // First, so that the open call sees a Framed as one message to send.
    sendFramed(transport);
    onOpen(new OpenCall(context, observed, transport));
    // The type wants grpc-js's own class; all it calls is the interface that class implements.
    return transport as ServerInterceptingCall;
  };
}

/**
 * The handlers of a service, each such that whatever it throws, rejects with, emits or calls back with ends its call:
 * with the status it stands for, or else as INTERNAL, with its cause logged and not told.
 *
 * A handler may be async. Throws if a method of `definition` has no handler.
 */
export function containErrors(
  definition: ServiceDefinition,
  implementation: UntypedServiceImplementation,
): UntypedServiceImplementation {
  return Object.fromEntries(
    Object.entries(definition).map(([name, { path, originalName }]) => {
      // @grpc/proto-loader keys definitions by `Check`, and handlers by `check`.
      const handler = implementation[name] ?? implementation[originalName ?? name];
      if (handler === undefined) throw new Error(`${path} has no handler`);
      return [name, contain(handler.bind(implementation))];
    }),
  );
}

/** Any handler as grpc-js calls it: with a callback where the method has a single response. */
type Handler = (surface: CallSurface, respond?: sendUnaryData<unknown>) => unknown;

function contain(handler: UntypedHandleCall): UntypedHandleCall {
  // The kinds of handlers differ in the type of the call only, which is passed through.
  const run = handler as Handler;
  const contained: Handler = (surface, respond) => {
    const call = openCallOf(surface);
    call.attach(surface);
    try {
      const result = run(surface, respond && answering(call, respond));
      if (result instanceof Promise) {
        result.catch((error: unknown) => {
          call.fail(error);
        });
      }
    } catch (error) {
      call.fail(error);
    }
  };
  return contained as UntypedHandleCall;
}

/** `respond`, with errors contained. Only the first answer counts. */
function answering(call: OpenCall, respond: sendUnaryData<unknown>): sendUnaryData<unknown> {
  let isAnswered = false;
  return (error, value, trailer, flags) => {
    if (isAnswered) return;
    isAnswered = true;
    if (error) call.fail(error);
    else respond(null, value, trailer, flags);
  };
}
