import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { acceptEncoded, frame, type Framed, glue } from '../../src/grpc/framed.js';
import { methodOf } from '../../src/grpc/method.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { observeCalls } from '../../src/grpc/observe.js';
import { openCallOf } from '../../src/grpc/open-call.js';
import { recordingLog } from '../kit/log.js';
import { runBareServer } from './bare-server.js';
import { labClient, labDefinition, outcomeOf, type ServerStream } from './lab.js';

const framed = (text: string): Framed => frame(Buffer.from(text));
const states = [framed('a'), glue([framed('b'), framed('c')]), framed('d')];

/** Sends each of the states when the one before is taken. Tells what the client had, and how often grpc-js was to send. */
async function sendStates(before: readonly ServerInterceptor[]) {
  let sends = 0;
  const count: ServerInterceptor = (_definition, call) => {
    const send = call.sendMessage.bind(call);
    call.sendMessage = (message, callback) => {
      sends++;
      send(message, callback);
    };
    return call as ServerInterceptingCall;
  };
  const method = methodOf(labDefinition.watch);
  const registry = new Registry();
  const observe = observeCalls(
    new Map([[method.path, { method, metrics: createGrpcMetrics(registry).method(method) }]]),
    {
      log: recordingLog().log,
      now: () => 0,
      refusal: () => undefined,
      onOver: () => undefined,
      disconnect: () => undefined,
    },
    () => undefined,
  );
  const port = await runBareServer(
    acceptEncoded(labDefinition),
    {
      watch(call: ServerStream) {
        const open = openCallOf(call);
        const sendFrom = (index: number): void => {
          const state = states[index];
          if (state === undefined) call.end();
          else open.send(state, () => sendFrom(index + 1));
        };
        sendFrom(0);
      },
    },
    { interceptors: [...before, count, observe] },
  );
  const { code, messages } = await outcomeOf(labClient(port).watch('go'));
  const sent = await registry.getSingleMetric('grpc_server_msg_sent_total')?.get();
  return { code, messages, counted: sent?.values.map(({ value }) => value), sends };
}

test('what follows the first write goes to the stream itself', async () => {
  expect(await sendStates([])).toEqual({
    code: 0,
    messages: ['a', 'b', 'c', 'd'],
    counted: [4],
    sends: 1,
  });
});

test('all goes by way of a grpc-js that hides the stream', async () => {
  const hide: ServerInterceptor = (_definition, call) => new ServerInterceptingCall(call);
  expect(await sendStates([hide])).toEqual({
    code: 0,
    messages: ['a', 'b', 'c', 'd'],
    counted: [4],
    sends: 4,
  });
});
