import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { inspect } from 'node:util';
import { keepToYoungGeneration } from '../../src/runtime/young-generation.js';

/** What a process can be asked to do, by name: each takes at most one plain argument and gives a plain result. */
export type Commands = Readonly<Record<string, (argument: never) => unknown>>;

/** A child process that carries out commands. */
export interface Worker<C extends Commands> {
  call<Name extends keyof C & string>(
    name: Name,
    ...argument: Parameters<C[Name]>
  ): Promise<Awaited<ReturnType<C[Name]>>>;
  /** The same without waiting, and without the child spending anything on an answer. */
  notify<Name extends keyof C & string>(name: Name, ...argument: Parameters<C[Name]>): void;
  /** Ends it. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** A compiled module, which calls `serveCommands`. */
  readonly module: string;
  readonly args?: readonly string[];
  readonly nodeFlags?: readonly string[];
}

interface Request {
  /** Undefined where no answer is wanted. */
  readonly id: number | undefined;
  readonly name: string;
  readonly argument: unknown;
}

type Response =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly problem: string };

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function startWorker<C extends Commands>({
  module,
  args = [],
  nodeFlags = [],
}: WorkerOptions): Worker<C> {
  const child: ChildProcess = fork(module, args, { execArgv: [...nodeFlags] });
  const pending = new Map<number, Pending>();
  let requests = 0;
  let isStopping = false;

  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      const error = new Error(`${module} ended (${signal ?? code})`);
      for (const call of pending.values()) call.reject(error);
      if (!isStopping && pending.size === 0) throw error;
      resolve();
    });
  });
  child.on('message', (message) => {
    const response = message as Response;
    const call = pending.get(response.id);
    pending.delete(response.id);
    if (response.ok) call?.resolve(response.value);
    else call?.reject(new Error(response.problem));
  });

  return {
    call(name, ...[argument]) {
      const id = ++requests;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        child.send({ id, name, argument } satisfies Request);
      });
    },
    notify(name, ...[argument]) {
      child.send({ id: undefined, name, argument } satisfies Request);
    },
    stop() {
      isStopping = true;
      if (child.connected) child.disconnect();
      return ended;
    },
  };
}

/** In the child: carries out what the parent asks, one answer a request, as the control plane's process would. Ends with the parent. */
export function serveCommands(commands: Commands): void {
  keepToYoungGeneration();
  process.on('message', (message) => {
    const { id, name, argument } = message as Request;
    const command = commands[name] as ((argument: unknown) => unknown) | undefined;
    if (command === undefined) throw new Error(`no command ${name}`);
    if (id === undefined) {
      command(argument);
      return;
    }
    const run = async (): Promise<void> => {
      let response: Response;
      try {
        response = { id, ok: true, value: await command(argument) };
      } catch (error) {
        response = { id, ok: false, problem: inspect(error) };
      }
      process.send?.(response);
    };
    void run();
  });
  process.on('disconnect', () => process.exit());
}
