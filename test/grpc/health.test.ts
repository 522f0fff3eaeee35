import { type ClientReadableStream, credentials, status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import {
  HealthClient,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
} from '../../src/gen/grpc/health/v1/health.js';
import { until } from '../kit/until.js';
import { answerOf, lab, outcomeOf, type RunningLab, runLab } from './lab.js';

function healthClient(running: RunningLab): HealthClient {
  const client = new HealthClient(running.server.address, credentials.createInsecure());
  onTestFinished(() => {
    client.close();
  });
  return client;
}

function statusesOf(stream: ClientReadableStream<HealthCheckResponse>): readonly Status[] {
  const statuses: Status[] = [];
  stream.on('error', () => {});
  stream.on('data', (response: HealthCheckResponse) => statuses.push(response.status));
  return statuses;
}

test('Check tells the server and each service from one that it does not know', async () => {
  let reason: string | undefined = 'not yet';
  const running = await runLab({ services: lab({}), notServing: () => reason });
  const client = healthClient(running);
  const check = (service: string) => answerOf((callback) => client.check({ service }, callback as never));

  expect(await check('')).toMatchObject({ messages: [{ status: Status.NOT_SERVING }] });
  reason = undefined;
  // At once: a Check looks at what holds as it comes in.
  expect(await check('')).toMatchObject({ messages: [{ status: Status.SERVING }] });
  expect(await check('test.v1.Lab')).toMatchObject({ messages: [{ status: Status.SERVING }] });
  expect(await check('no.Such')).toMatchObject({ code: status.NOT_FOUND });
});

test('Watch tells each change once, and ends when the server does', async () => {
  let reason: string | undefined = 'not yet';
  const running = await runLab({ services: lab({}), notServing: () => reason, limits: { sweepMs: 5 } });
  const client = healthClient(running);
  const watched = client.watch({ service: 'test.v1.Lab' });
  const unknown = statusesOf(client.watch({ service: 'no.Such' }));
  const seen = statusesOf(watched);
  const outcome = outcomeOf(watched);

  await until(() => seen.length === 1);
  reason = undefined;
  await until(() => seen.length === 2);
  reason = 'lost';
  await until(() => seen.length === 3);
  reason = undefined;
  await until(() => seen.length === 4);
  await running.server.drain({ graceMs: 10_000 });

  expect(await outcome).toMatchObject({ code: status.UNAVAILABLE, details: 'lab server: shutting down' });
  expect(seen).toEqual([
    Status.NOT_SERVING,
    Status.SERVING,
    Status.NOT_SERVING,
    Status.SERVING,
    Status.NOT_SERVING,
  ]);
  expect(unknown).toEqual([Status.SERVICE_UNKNOWN]);
});
