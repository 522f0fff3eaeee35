import { describe, expect, test } from 'vitest';
import { Container, type ContainerSpec } from '../../../src/sandbox/containers/container.js';
import { kubernetesBackoff } from '../../../src/sandbox/containers/crash-backoff.js';
import type { ProcessEnd, ProcessOptions } from '../../../src/sandbox/containers/process.js';
import { at } from '../../../src/sandbox/store/field.js';
import { VirtualClock } from '../controllers/virtual-clock.js';

/** A container whose processes are only pretended, under a virtual clock. */
function container(change: Partial<ContainerSpec> = {}) {
  const clock = new VirtualClock();
  const started: ProcessOptions[] = [];
  const signals: string[] = [];
  const events: string[] = [];
  const states: string[] = [];
  const one: Container = new Container({
    spec: {
      name: 'web',
      image: 'shop/web:1',
      id: 'uid-1/web',
      podText: 'web-1_shop(uid-1)',
      launch: () => ({
        kind: 'program',
        program: { file: 'web.js', args: [] },
        args: ['--flag'],
        environment: { A: 'a' },
        title: 'shop/web-1/web',
      }),
      restartPolicy: 'Always',
      probe: {
        check: { kind: 'none' },
        initialDelayMs: 0,
        periodMs: 10_000,
        timeoutMs: 1_000,
        successThreshold: 1,
        failureThreshold: 3,
      },
      host: '127.0.0.1',
      preStopMs: 0,
      ...change,
    },
    clock,
    backoff: kubernetesBackoff,
    startProcess: (options) => {
      started.push(options);
      return { pid: 1_000 + started.length, kill: (signal) => signals.push(signal) };
    },
    onChange: () => {
      const [state = ''] = Object.keys(Object(one.status()['state']));
      if (states.at(-1) !== state) states.push(state);
    },
    onEvent: ({ type, reason, message }) => events.push(`${type} ${reason}: ${message}`),
  });
  return {
    one,
    clock,
    started,
    signals,
    events,
    states,
    end: (end: ProcessEnd) => started.at(-1)?.onEnd(end),
    print: (text: string) => started.at(-1)?.onOutput('stdout', Buffer.from(text)),
    ready: async () => {
      clock.settle();
      // The probe's promise.
      await Promise.resolve();
      await Promise.resolve();
      return one.isReady;
    },
  };
}

const crash: ProcessEnd = { kind: 'exited', code: 3 };

describe('a container', () => {
  test('waits, runs and is ready', async () => {
    const { one, started, events, ready } = container();
    expect(one.status()).toEqual({
      name: 'web',
      image: 'shop/web:1',
      imageID: 'shop/web:1',
      containerID: '',
      restartCount: 0,
      started: false,
      ready: false,
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
    });
    one.start();
    one.start();
    expect(started).toMatchObject([{ args: ['--flag'], environment: { A: 'a' }, title: 'shop/web-1/web' }]);
    expect(one.isReady).toBe(false);
    expect(await ready()).toBe(true);
    expect(one.status()).toMatchObject({
      containerID: 'sandbox://uid-1/web/0',
      started: true,
      ready: true,
      state: { running: { startedAt: '2030-01-01T12:00:00Z' } },
      lastState: {},
    });
    expect(events).toEqual(['Normal Started: Started container web, process 1001']);
  });

  test('is started again at once after its first end, then after the waits of a kubelet', () => {
    const { one, clock, started, end } = container();
    one.start();
    const waits: number[] = [];
    for (let crashes = 0; crashes < 8; crashes += 1) {
      const [before, runs] = [clock.now(), started.length];
      end(crash);
      while (started.length === runs) clock.step(Number.POSITIVE_INFINITY);
      waits.push((clock.now() - before) / 1_000);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    expect(one.status()).toMatchObject({ restartCount: 8 });
  });

  test('says what keeps it from running', async () => {
    const { one, clock, events, end, print } = container();
    one.start();
    print('first\n');
    end(crash);
    print('second\n');
    clock.advance(5_000);
    expect(one.previousLog?.since(0)).toMatchObject([{ text: 'first' }]);
    end({ kind: 'killed', signal: 9 });
    expect(one.status()).toMatchObject({
      restartCount: 1,
      started: false,
      ready: false,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 10s restarting failed container=web pod=web-1_shop(uid-1)',
        },
      },
      lastState: {
        terminated: {
          exitCode: 137,
          reason: 'Error',
          startedAt: '2030-01-01T12:00:00Z',
          finishedAt: '2030-01-01T12:00:05Z',
          containerID: 'sandbox://uid-1/web/1',
        },
      },
    });
    expect(one.previousLog?.since(0)).toMatchObject([{ text: 'second' }]);
    expect(one.log?.since(0)).toMatchObject([{ text: 'second' }]);
    expect(events.slice(2)).toEqual([
      'Warning BackOff: Back-off restarting failed container web in pod web-1_shop(uid-1)',
    ]);
  });

  test.each([
    ['Never', 0, false],
    ['Never', 1, false],
    ['OnFailure', 0, false],
    ['OnFailure', 1, true],
    ['Always', 0, true],
  ] as const)('with the policy %s and exit code %d: again %s', (restartPolicy, code, again) => {
    const { one, clock, started, end } = container({ restartPolicy });
    one.start();
    end({ kind: 'exited', code });
    clock.advance(3_600_000);
    expect(started).toHaveLength(again ? 2 : 1);
    expect([one.isOver, one.hasSucceeded]).toEqual([!again, !again && code === 0]);
    if (again) return;
    expect(one.status()).toMatchObject({
      state: { terminated: { exitCode: code, reason: code === 0 ? 'Completed' : 'Error' } },
      lastState: {},
    });
  });

  test('that can not be started is tried again, and says why', () => {
    const { one, clock, started, end } = container();
    one.start();
    end({ kind: 'not-started', reason: 'spawn EAGAIN' });
    clock.settle();
    end({ kind: 'not-started', reason: 'spawn EAGAIN' });
    expect(one.status()).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 128, reason: 'StartError', message: 'spawn EAGAIN' } },
    });
    clock.advance(10_000);
    expect(started).toHaveLength(3);
  });

  test('whose environment makes no sense is not started', () => {
    const { one, started, events } = container({
      launch: () => ({ kind: 'unclear', problem: 'env A: the sandbox gives programs no secretKeyRef' }),
    });
    one.start();
    expect(started).toEqual([]);
    expect(one.status()).toMatchObject({
      state: {
        waiting: {
          reason: 'CreateContainerConfigError',
          message: 'env A: the sandbox gives programs no secretKeyRef',
        },
      },
    });
    expect(events).toEqual(['Warning Failed: Error: env A: the sandbox gives programs no secretKeyRef']);
    one.stop();
    expect(one.isOver).toBe(true);
  });
});

describe('the end of a container', () => {
  test('is asked for after its pause, and is final', () => {
    const { one, clock, started, signals, events, states, end } = container({ preStopMs: 2_000 });
    one.start();
    one.stop();
    clock.advance(1_999);
    expect(signals).toEqual([]);
    clock.advance(1);
    one.stop();
    expect(signals).toEqual(['SIGTERM']);
    expect(one.isOver).toBe(false);
    end({ kind: 'exited', code: 0 });
    clock.advance(3_600_000);
    expect(one.isOver).toBe(true);
    expect(started).toHaveLength(1);
    expect(states).toEqual(['running', 'terminated']);
    expect(events.at(-1)).toBe('Normal Killing: Stopping container web');
  });

  test('can be had at once', () => {
    const { one, signals, clock } = container({ preStopMs: 2_000 });
    one.start();
    one.stop();
    one.kill();
    clock.advance(10_000);
    expect(signals).toEqual(['SIGKILL']);
  });

  test('comes by itself while it waits to be started again', () => {
    const { one, clock, started, signals, end } = container();
    one.start();
    end(crash);
    end(crash);
    one.stop();
    clock.advance(3_600_000);
    expect([one.isOver, started.length, signals]).toEqual([true, 2, []]);
    expect(at(one.status(), 'state', 'terminated', 'exitCode')).toBe(3);
  });

  test('comes before its start', () => {
    const { one, started } = container();
    one.stop();
    one.start();
    expect([one.isOver, started]).toEqual([true, []]);
  });
});
