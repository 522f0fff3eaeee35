import {
  Client,
  credentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  Metadata,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local:50051';
const same = (bytes: Buffer): Buffer => bytes;
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});

const seen = { waiting: 0, cancelled: 0 };

async function clientOfEcho(): Promise<Client> {
  seen.waiting = 0;
  seen.cancelled = 0;
  const server = new Server();
  server.addService(
    {
      unary: method('Unary', false, false),
      many: method('Many', false, true),
      chat: method('Chat', true, true),
    },
    {
      unary: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        if (call.request.length === 0) {
          const trailers = new Metadata();
          trailers.set('why-bin', Buffer.from([0, 1, 255]));
          answer({ code: status.FAILED_PRECONDITION, details: 'nothing to say — é', metadata: trailers });
          return;
        }
        if (call.request.toString() === 'wait') {
          seen.waiting += 1;
          call.on('cancelled', () => (seen.cancelled += 1));
          return;
        }
        const head = new Metadata();
        head.set('asked', call.metadata.get('ask')[0] ?? 'nothing');
        call.sendMetadata(head);
        answer(null, call.request);
      },
      many: (call: ServerWritableStream<Buffer, Buffer>) => {
        for (let index = 0; index < 1_000; index++) call.write(Buffer.from(`${index}`));
        call.end();
      },
      chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (bytes: Buffer) => call.write(bytes));
        call.on('end', () => call.end());
        call.on('cancelled', () => (seen.cancelled += 1));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  lab.defer(() => server.forceShutdown());
  const sidecar = await lab.sidecar(port);
  const destination = await lab.destination({
    [authority]: { addrs: [weighted('127.0.0.1', sidecar, { protocol_hint: { h2: {} } })] },
  });
  const { outboundPort } = await lab.proxy({ destinationAddress: destination.address });
  const client = new Client(`127.0.0.1:${outboundPort}`, credentials.createInsecure(), {
    'grpc.default_authority': authority,
  });
  lab.defer(() => client.close());
  return client;
}

function unary(client: Client, text: string, { deadlineMs = 5_000 } = {}): Promise<unknown> {
  const metadata = new Metadata();
  metadata.set('ask', 'something');
  return new Promise((resolve) => {
    let head: unknown;
    const call = client.makeUnaryRequest(
      '/test.Echo/Unary',
      same,
      same,
      Buffer.from(text),
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error: ServiceError | null, value?: Buffer) =>
        resolve(
          error === null
            ? { head, value: value?.toString() }
            : { code: error.code, details: error.details, why: error.metadata.get('why-bin') },
        ),
    );
    call.on('metadata', (it) => (head = it.get('asked')));
  });
}

describe('gRPC through two sidecars', () => {
  test('unary calls, with metadata', async () => {
    expect(await unary(await clientOfEcho(), 'hello')).toEqual({ head: ['something'], value: 'hello' });
  });

  test('errors, with details and binary trailers', async () => {
    expect(await unary(await clientOfEcho(), '')).toEqual({
      code: status.FAILED_PRECONDITION,
      details: 'nothing to say — é',
      why: [Buffer.from([0, 1, 255])],
    });
  });

  test('a deadline cancels the call at the server', async () => {
    const client = await clientOfEcho();
    const answer = (await unary(client, 'wait', { deadlineMs: 1_500 })) as { code: number };
    expect(seen.waiting).toBe(1);
    expect(answer.code).toBe(status.DEADLINE_EXCEEDED);
    await until(() => seen.cancelled === 1);
  });

  test('server streams', async () => {
    const client = await clientOfEcho();
    const call = client.makeServerStreamRequest('/test.Echo/Many', same, same, Buffer.from('x'));
    const got: string[] = [];
    for await (const bytes of call) got.push(String(bytes));
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, index) => `${index}`));
  });

  test('both ways at once, message by message', async () => {
    const client = await clientOfEcho();
    const call = client.makeBidiStreamRequest('/test.Echo/Chat', same, same);
    const got: string[] = [];
    call.on('data', (bytes: Buffer) => got.push(bytes.toString()));
    for (let index = 0; index < 20; index++) {
      call.write(Buffer.from(`${index}`));
      await until(() => got.length === index + 1);
    }
    call.end();
    const ended = await new Promise<{ code: number }>((resolve) => call.on('status', resolve));
    expect(ended.code).toBe(status.OK);
  });

  test('a client that cancels is heard at the server', async () => {
    const client = await clientOfEcho();
    const call = client.makeBidiStreamRequest('/test.Echo/Chat', same, same);
    call.on('error', () => {});
    call.write(Buffer.from('x'));
    await new Promise((resolve) => call.once('data', resolve));
    call.cancel();
    await until(() => seen.cancelled === 1);
    expect(seen.cancelled).toBe(1);
  });
});
