import http from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Conversation, ScriptedDestination, tcp, weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { ask1, ask2, Lab } from './lab.js';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const authority = 'web.shop.svc.cluster.local';

interface Pod {
  readonly port: number;
  stop(): Promise<void>;
}

/** A pod of either kind, with its sidecar, which stops first. */
async function pod(protocol: 'http1' | 'http2', name: string): Promise<Pod> {
  const app =
    protocol === 'http1'
      ? await lab.http1App((message, response) => {
          message.resume();
          message.on('end', () => setTimeout(() => response.end(name), 2));
        })
      : await lab.http2App((stream) => {
          stream.resume();
          stream.on('end', () => {
            stream.respond();
            stream.end(name);
          });
        });
  const inbound = [
    {
      listen: { host: '127.0.0.1', port: 0 },
      forward: { host: '127.0.0.1', port: app.port },
      isOpaque: false,
    },
  ];
  const proxy = await lab.proxy({ outbound: undefined, inbound, name });
  return { port: proxy.inboundPort, stop: () => proxy.stop({ graceMs: 5_000 }) };
}

test.each([
  { protocol: 'http1', hint: { protocol_hint: { h2: {} } }, told: 'before' },
  { protocol: 'http1', hint: { protocol_hint: { h2: {} } }, told: 'after' },
  { protocol: 'http2', hint: { protocol_hint: { h2: {} } }, told: 'after' },
  { protocol: 'http1', hint: {}, told: 'before' },
] as const)('pods of $protocol are replaced one by one, told $told they stop, and no request fails ($hint)', async ({
  protocol,
  hint,
  told,
}) => {
  const calls: Conversation[] = [];
  let pods = [await pod(protocol, 'pod 0'), await pod(protocol, 'pod 1')];
  const destination = await ScriptedDestination.listen({
    serves: ['Get'],
    answer: (call) => {
      calls.push(call);
      call.add(pods.map((it) => weighted('127.0.0.1', it.port, hint)));
    },
  });
  lab.defer(() => destination.kill());
  const { outboundPort: port } = await lab.proxy({ destinationAddress: destination.address });

  const load = { isOver: false };
  const answers: Record<string, number> = {};
  const agent = new http.Agent({ keepAlive: true });
  lab.defer(() => agent.destroy());
  const session = protocol === 'http2' ? lab.http2Client(port) : undefined;
  const client = async (): Promise<void> => {
    while (!load.isOver) {
      const what = { authority, method: 'POST', body: 'x' };
      const { status, body, headers } =
        session === undefined ? await ask1({ port, agent, ...what }) : await ask2(session, what);
      const outcome = status === 200 ? 'ok' : `${status} ${String(headers['l5d-proxy-error'])} ${body}`;
      answers[outcome] = (answers[outcome] ?? 0) + 1;
    }
  };
  const clients = Array.from({ length: 8 }, client);
  await until(() => (answers['ok'] ?? 0) > 50);

  for (let round = 2; round < 6; round++) {
    const [old, ...rest] = pods;
    const next = await pod(protocol, `pod ${round}`);
    pods = [...rest, next];
    const announce = (): void => {
      for (const call of calls) {
        call.add([weighted('127.0.0.1', next.port, hint)]);
        call.remove(tcp('127.0.0.1', old!.port));
      }
    };
    if (told === 'before') announce();
    const before = answers['ok'] ?? 0;
    await until(() => (answers['ok'] ?? 0) > before + 20);
    await old!.stop();
    if (told === 'after') announce();
    const after = answers['ok'] ?? 0;
    await until(() => (answers['ok'] ?? 0) > after + 20);
  }
  load.isOver = true;
  await Promise.all(clients);
  expect(Object.keys(answers)).toEqual(['ok']);
});
