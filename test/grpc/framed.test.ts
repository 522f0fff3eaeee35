import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { acceptEncoded, Framed, frame, glue, sendFramed, split, writeFramed } from '../../src/grpc/framed.js';
import { until } from '../kit/until.js';
import { runBareServer } from './bare-server.js';
import { lab, labClient, labDefinition, outcomeOf, runLab, type ServerStream } from './lab.js';

const framed = (text: string): Framed => frame(Buffer.from(text));

describe('frames', () => {
  test('a frame is a zero byte, the length in four bytes, and the message', () => {
    expect(framed('abc')).toEqual(new Framed(Buffer.from([0, 0, 0, 0, 3, 0x61, 0x62, 0x63]), 1));
    expect(frame(new Uint8Array())).toEqual(new Framed(Buffer.from([0, 0, 0, 0, 0]), 1));
  });

  test('a frame keeps nothing of the message it was made of', () => {
    const message = new Uint8Array([1, 2]);
    const { buffer } = frame(message);
    message.fill(9);
    expect([...buffer]).toEqual([0, 0, 0, 0, 2, 1, 2]);
    expect(buffer.buffer.byteLength).toBe(7);
  });

  test('glued frames split into the messages they were made of', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 }), (messages) => {
        const glued = glue(messages.map(frame));
        expect(glued.messages).toBe(messages.length);
        expect(split(glued).map((each) => [...each])).toEqual(messages.map((each) => [...each]));
        expect(glue([glued, glued]).messages).toBe(2 * messages.length);
      }),
    );
  });

  test('gluing one frame copies nothing, gluing none is a bug', () => {
    const only = framed('only');
    expect(glue([only])).toBe(only);
    expect(() => glue([])).toThrow(RangeError);
  });
});

const large = 'ü'.repeat(100_000);
const mixture = ['first', 'a', 'b', '', 'plain', large, 'c', large, 'last'];

/** Writes `mixture`: framed, glued and ordinary messages by turns. */
function writeMixture(call: ServerStream, calledBack: string[]): void {
  const note = (name: string) => (error?: Error | null) => calledBack.push(error ? `${name} failed` : name);
  writeFramed(call, framed('first'), note('first'));
  writeFramed(call, glue(['a', 'b', ''].map(framed)), note('glued'));
  call.write('plain', note('plain'));
  writeFramed(call, framed(large), note('large'));
  writeFramed(call, glue([framed('c'), framed(large)]), note('glued large'));
  call.write('last', note('last'));
  call.end();
}

const mixtureCallbacks = ['first', 'glued', 'plain', 'large', 'glued large', 'last'];

describe('over a connection', () => {
  test('framed, glued and ordinary messages arrive in order and byte by byte', async () => {
    const calledBack: string[] = [];
    const { client, samples } = await runLab({
      services: lab({
        watch: (call) => writeMixture(call, calledBack),
      }),
    });

    const outcome = await outcomeOf(client().watch('go'));

    expect(outcome).toEqual({ code: 0, details: 'OK', messages: mixture });
    expect(calledBack).toEqual(mixtureCallbacks);
    expect(await samples('grpc_server_msg_sent_total')).toEqual({
      'server_stream test.v1.Lab Watch': mixture.length,
    });
  });

  test('the buffer itself goes to the transport, to every stream', async () => {
    const shared = glue([framed('x'), framed('y')]);
    const written: unknown[] = [];
    const spy: ServerInterceptor = (_definition, call) => {
      const { stream } = call as unknown as { stream: { write: (...args: unknown[]) => boolean } };
      const write = stream.write.bind(stream);
      stream.write = (...args) => {
        written.push(args[0]);
        return write(...args);
      };
      sendFramed(call);
      return call as ServerInterceptingCall;
    };
    const client = await runBareLab([spy], (call) => {
      writeFramed(call, shared, () => call.end());
    });

    for (let stream = 0; stream < 3; stream++) {
      expect(await outcomeOf(client.watch('go'))).toMatchObject({ code: 0, messages: ['x', 'y'] });
    }
    expect(written).toHaveLength(3);
    for (const buffer of written) expect(buffer).toBe(shared.buffer);
  });

  test('without the hook in grpc-js, each message goes in a write of its own', async () => {
    const calledBack: string[] = [];
    // grpc-js's own wrapper hides the hook.
    const hide: ServerInterceptor = (_definition, call) => new ServerInterceptingCall(call);
    const fallBack: ServerInterceptor = (_definition, call) => {
      expect(call).not.toHaveProperty('serializeMessage');
      sendFramed(call);
      return call as ServerInterceptingCall;
    };
    const client = await runBareLab([hide, fallBack], (call) => writeMixture(call, calledBack));

    expect(await outcomeOf(client.watch('go'))).toEqual({ code: 0, details: 'OK', messages: mixture });
    expect(calledBack).toEqual(mixtureCallbacks);
  });

  test('a call that is over takes nothing and calls back with an error, without an event', async () => {
    let written: ServerStream | undefined;
    const { client } = await runLab({
      services: lab({
        watch(call) {
          written = call;
          call.write('ready');
        },
      }),
    });
    const stream = client().watch('go');
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('data', resolve));
    stream.cancel();
    const call = await until(() => (written?.destroyed === true ? written : undefined));
    const onError = vi.fn<(error: Error) => void>();
    call.on('error', onError);

    const error = await new Promise((resolve) => writeFramed(call, framed('late'), resolve));

    expect(error).toEqual(new Error('the call is over'));
    expect(onError).not.toHaveBeenCalled();
  });
});

/** A client of a bare server with these interceptors. */
async function runBareLab(interceptors: ServerInterceptor[], watch: (call: ServerStream) => void) {
  return labClient(await runBareServer(acceptEncoded(labDefinition), { watch }, { interceptors }));
}
