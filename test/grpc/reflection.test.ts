import { credentials } from '@grpc/grpc-js';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DestinationService } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import {
  ServerReflectionClient,
  ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '../../src/gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionClient as V1alphaClient } from '../../src/gen/grpc/reflection/v1alpha/reflection.js';
import { frame, glue } from '../../src/grpc/framed.js';
import type { GrpcService } from '../../src/grpc/service.js';
import { bufCurl, bufCurlStream } from './buf-curl.js';
import { until } from '../kit/until.js';
import { lab, rawCall, rawClient, type RunningLab, runLab } from './lab.js';

const destination: GrpcService = {
  definition: DestinationService,
  implementation: { get: () => {}, getProfile: () => {} },
};

const own = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
];

type Question = NonNullable<ServerReflectionRequest['messageRequest']>;

/** Asks all of these on one stream, at once; gives the answers in order. */
async function ask(
  running: RunningLab,
  questions: readonly (Question | undefined)[],
  Client: typeof ServerReflectionClient | typeof V1alphaClient = ServerReflectionClient,
): Promise<ServerReflectionResponse[]> {
  const client = new Client(running.server.address, credentials.createInsecure());
  onTestFinished(() => {
    client.close();
  });
  const stream = client.serverReflectionInfo();
  const answers: ServerReflectionResponse[] = [];
  stream.on('data', (answer: ServerReflectionResponse) => answers.push(answer));
  const ended = new Promise((resolve, reject) => {
    stream.on('end', resolve);
    stream.on('error', reject);
  });
  for (const messageRequest of questions) stream.write({ host: 'h', messageRequest });
  stream.end();
  await ended;
  return answers;
}

function fileNames({ messageResponse }: ServerReflectionResponse): readonly string[] {
  if (messageResponse?.$case !== 'fileDescriptorResponse') throw new Error(`got ${messageResponse?.$case}`);
  return messageResponse.value.fileDescriptorProto.map(
    (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
  );
}

const destinationFile = 'io/linkerd/proxy/destination/destination.proto';

describe('reflection', () => {
  test.each([ServerReflectionClient, V1alphaClient])('lists what this server serves (%#)', async (Client) => {
    const running = await runLab({ services: [...lab({}), destination] });
    const [answer] = await ask(running, [{ $case: 'listServices', value: '*' }], Client);
    const names = [...own, 'io.linkerd.proxy.destination.Destination', 'test.v1.Lab'];
    expect(answer).toEqual({
      validHost: 'h',
      originalRequest: { host: 'h', messageRequest: { $case: 'listServices', value: '*' } },
      messageResponse: { $case: 'listServicesResponse', value: { service: names.map((name) => ({ name })) } },
    });
  });

  test('gives a file with all that it imports, itself first and each once', async () => {
    const running = await runLab({ services: [destination] });
    const answers = await ask(running, [
      { $case: 'fileByFilename', value: destinationFile },
      { $case: 'fileContainingSymbol', value: 'io.linkerd.proxy.destination.Destination' },
      { $case: 'fileContainingSymbol', value: 'io.linkerd.proxy.destination.Destination.Get' },
      { $case: 'fileContainingSymbol', value: '.io.linkerd.proxy.destination.Update' },
      { $case: 'fileContainingSymbol', value: 'google.protobuf.Duration' },
      { $case: 'fileContainingSymbol', value: 'grpc.health.v1.HealthCheckResponse.ServingStatus' },
    ]);
    const all = [
      destinationFile,
      'google/protobuf/duration.proto',
      'io/linkerd/proxy/http_types/http_types.proto',
      'io/linkerd/proxy/meta/meta.proto',
      'io/linkerd/proxy/net/net.proto',
    ];
    const [byName, ...bySymbol] = answers.map(fileNames);
    expect(byName?.[0]).toBe(destinationFile);
    expect([...(byName ?? [])].sort()).toEqual([...all].sort());
    expect(bySymbol).toEqual([
      byName,
      byName,
      byName,
      ['google/protobuf/duration.proto'],
      ['grpc/health/v1/health.proto'],
    ]);
  });

  test('answers what it does not know with an error, and the stream goes on', async () => {
    const running = await runLab({ services: [] });
    const answers = await ask(running, [
      { $case: 'fileByFilename', value: 'nope.proto' },
      { $case: 'fileContainingSymbol', value: 'no.Such' },
      { $case: 'fileContainingExtension', value: { containingType: 'no.Such', extensionNumber: 7 } },
      { $case: 'allExtensionNumbersOfType', value: 'no.Such' },
      undefined,
      { $case: 'allExtensionNumbersOfType', value: 'grpc.health.v1.HealthCheckRequest' },
    ]);
    const error = (errorCode: number, errorMessage: string) => ({
      $case: 'errorResponse',
      value: { errorCode, errorMessage },
    });
    expect(answers.map(({ messageResponse }) => messageResponse)).toEqual([
      error(5, 'no file nope.proto'),
      error(5, 'no symbol no.Such'),
      error(5, 'no extension 7 of no.Such'),
      error(5, 'no message no.Such'),
      error(3, 'the request asks for nothing that is known here'),
      {
        $case: 'allExtensionNumbersResponse',
        value: { baseTypeName: 'grpc.health.v1.HealthCheckRequest', extensionNumber: [] },
      },
    ]);
  });

  test('a client that asks and does not read is not answered without end', async () => {
    const running = await runLab({ services: [destination] });
    const request = ServerReflectionRequest.encode({
      host: '',
      messageRequest: { $case: 'fileByFilename', value: destinationFile },
    }).finish();
    const stream = rawCall(rawClient(running.server.port), ServerReflectionService.serverReflectionInfo.path);
    stream.write(glue(Array.from({ length: 1_000 }, () => frame(request))).buffer);
    const call = await until(() => running.server.openCalls().find(({ stalledMs }) => stalledMs > 50));
    expect(call.sentMessages).toBeLessThan(100);
  });
});

describe.each(['grpc-v1', 'grpc-v1alpha'])('buf curl, by reflection %s alone', (protocol) => {
  const reflect = ['--reflect', '--reflect-protocol', protocol];

  test('lists services, calls Check and watches', async () => {
    let reason: string | undefined = 'still syncing';
    const running = await runLab({
      services: [destination],
      notServing: () => reason,
      limits: { sweepMs: 10 },
    });
    const url = `http://${running.server.address}`;
    const health = `${url}/grpc.health.v1.Health`;
    const watched = bufCurlStream(...reflect, '-d', '{}', `${health}/Watch`);
    await until(() => watched().includes('NOT_SERVING'), { timeoutMs: 15_000 });
    reason = undefined;
    await until(() => watched().includes('"SERVING"'), { timeoutMs: 15_000 });

    const [listed, checked, unknown, refused] = await Promise.all([
      bufCurl(...reflect, '--list-services', url),
      bufCurl(...reflect, '-d', '{"service": "io.linkerd.proxy.destination.Destination"}', `${health}/Check`),
      bufCurl(...reflect, '-d', '{"service": "no.Such"}', `${health}/Check`),
      bufCurl(...reflect, '-d', '{}', `${health}/Nope`),
    ]);
    expect(listed).toEqual({
      stdout: `${[...own, 'io.linkerd.proxy.destination.Destination'].join('\n')}\n`,
      stderr: '',
    });
    expect(JSON.parse(checked.stdout)).toEqual({ status: 'SERVING' });
    expect(unknown.stderr).toContain('"not_found"');
    expect(refused.stderr).toContain('Nope');

    const ended = running.server.drain({ graceMs: 5_000 });
    await until(() => watched().includes('shutting down'), { timeoutMs: 15_000 });
    expect(watched()).toContain('"unavailable"');
    await ended;
  });
});
