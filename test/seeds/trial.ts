import { status } from '@grpc/grpc-js';
import { ApiServer, type Stored } from './api-server.js';
import { Arrived } from './arrived.js';
import { ControlPlane, settingsOf } from './control-plane.js';
import { type Kind, keyOf, kinds, type Source, type Step } from './history/step.js';
import type { History } from './history/write-history.js';
import { ModelClient } from './model-client.js';
import type { Request } from './oracle/objects.js';
import { StandInCall } from './stand-in-call.js';

/** One client, with its stream where it has one. */
interface Client {
  readonly request: Request;
  readonly model: ModelClient;
  call: StandInCall | undefined;
  /** Whether it leaves what is written to it. */
  isStalled: boolean;
  /** The latest moment that what it was told is justified by. */
  moment: number;
  writes: number;
}

/** What is wrong, and after which step. */
export interface Failure {
  readonly message: string;
  /** The index of the step; the number of steps for what happens at the end. */
  readonly step: number;
}

/** Runs a history and holds every stream to the oracle all the way; undefined where all is well. */
export function tryHistory(history: History, source: Source): Failure | undefined {
  let step = 0;
  try {
    const trial = new Trial(history, source);
    for (; step < history.steps.length; step++) trial.run(history.steps[step]!);
    trial.end();
    return undefined;
  } catch (error) {
    return { message: describe(error), step };
  }
}

function describe(error: unknown): string {
  if (error instanceof Violation) return error.message;
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\n${error.cause.stack}` : '';
  return `${error.stack}${cause}`;
}

/** A promise to a client that was broken. */
class Violation extends Error {}

class Trial {
  readonly #history: History;
  readonly #source: Source;
  readonly #apiServer = new ApiServer();
  readonly #arrived: Arrived;
  readonly #clients: readonly Client[];
  #controlPlane: ControlPlane;

  constructor(history: History, source: Source) {
    this.#history = history;
    this.#source = source;
    this.#arrived = new Arrived(settingsOf(history), source);
    this.#controlPlane = new ControlPlane(history, source);
    this.#clients = history.requests.map((request) => ({
      request,
      model: new ModelClient(request.rpc),
      call: undefined,
      isStalled: false,
      moment: 0,
      writes: 0,
    }));
  }

  run(step: Step): void {
    switch (step.do) {
      case 'put':
        this.#apiServer.put(step.kind, step.object, step.isBroken);
        break;
      case 'delete':
        this.#apiServer.delete(step.kind, step.key);
        break;
      case 'deliver':
        this.#deliver(step.kind, step.count);
        break;
      case 'repeat':
        this.#repeat(step.kind, step.key);
        break;
      case 'relist':
        this.#list(step.kind, step.behind);
        break;
      case 'fail-to-list':
        this.#failToList(step.kind);
        break;
      case 'flush':
        this.#flush();
        break;
      case 'pass':
        this.#controlPlane.clock.pass(step.ms);
        break;
      case 'turn':
        this.#controlPlane.clock.turn();
        break;
      case 'restart':
        this.#restart();
        break;
      case 'connect':
      case 'hang-up':
      case 'stall':
      case 'resume':
        this.#move(step.do, this.#clients[step.client]!);
        break;
    }
    this.#take();
  }

  /** Everything arrives, everybody is there and listens: all know the truth. Then all go, and nothing stays behind. */
  end(): void {
    for (const kind of kinds) this.#deliver(kind, Number.POSITIVE_INFINITY);
    for (const client of this.#clients) client.isStalled = false;
    this.#take();
    this.#flush();
    this.#take();
    this.#checkTruth();
    this.#checkAll();
    for (const client of this.#clients) this.#move('connect', client);
    this.#take();
    this.#checkAll();
    this.#closeControlPlane();
  }

  #deliver(kind: Kind, count: number): void {
    const intake = this.#controlPlane.intake(kind);
    for (const event of this.#apiServer.tell(kind, count)) {
      if (event.kind === 'put') {
        intake.apply(event.object);
        this.#arrived.put(kind, event);
      } else {
        intake.delete(event.object);
        this.#arrived.delete(kind, keyOf(event.object));
      }
    }
  }

  #repeat(kind: Kind, key: string): void {
    const told = this.#apiServer.told(kind, key);
    const [namespace, name] = key.split('/');
    if (told !== undefined) this.#controlPlane.intake(kind).apply(told.object);
    else this.#controlPlane.intake(kind).delete({ metadata: { namespace, name } });
  }

  #list(kind: Kind, behind: number): void {
    const list = this.#apiServer.list(kind, behind);
    const replacement = this.#controlPlane.intake(kind).replacement();
    for (const { object } of list) replacement.add(object);
    replacement.commit();
    this.#arrived.reset(kind, list);
  }

  #failToList(kind: Kind): void {
    const objects: readonly Stored[] = [...this.#apiServer.now(kind).values()];
    const replacement = this.#controlPlane.intake(kind).replacement();
    for (const { object } of objects.slice(objects.length / 2)) replacement.add(object);
  }

  #flush(): void {
    this.#controlPlane.flush();
    this.#checkAll();
  }

  #restart(): void {
    this.#closeControlPlane();
    this.#arrived.forget();
    this.#controlPlane = new ControlPlane(this.#history, this.#source);
    for (const kind of kinds) this.#list(kind, 0);
  }

  #closeControlPlane(): void {
    for (const client of this.#clients) this.#move('hang-up', client);
    // Keys that were let go by others have a time of grace of their own.
    for (let rounds = 0; rounds < 3; rounds++) this.#controlPlane.clock.pass(this.#history.graceMs + 60_000);
    const leftovers = this.#controlPlane.leftovers();
    if (leftovers.length > 0) throw new Violation(`kept for nobody: ${leftovers.join('; ')}`);
    this.#controlPlane.close();
  }

  #move(move: 'connect' | 'hang-up' | 'stall' | 'resume', client: Client): void {
    switch (move) {
      case 'connect':
        if (client.call === undefined) this.#connect(client);
        break;
      case 'hang-up':
        client.call?.hangUp();
        client.call = undefined;
        break;
      case 'stall':
      case 'resume':
        client.isStalled = move === 'stall';
        break;
    }
  }

  #connect(client: Client): void {
    const { request, model } = client;
    const expected = this.#arrived.answer(request);
    client.moment = this.#arrived.latest;
    client.writes = 0;
    model.connect();
    const call = new StandInCall({
      service: this.#controlPlane.service,
      rpc: request.rpc,
      request: { path: request.authority, contextToken: request.contextToken },
      onWrite: (messages) => this.#receive(client, messages),
    });
    const refusal = call.refusal === undefined ? undefined : status[call.refusal];
    const expectedRefusal = expected.kind === 'refused' ? expected.code : undefined;
    if (refusal !== expectedRefusal) {
      throw new Violation(`${this.#name(client)} was refused with ${refusal}, expected ${expectedRefusal}`);
    }
    if (refusal !== undefined) return;
    client.call = call;
    if (call.problem !== undefined) throw call.problem;
    if (client.writes !== 1) throw new Violation(`${this.#name(client)} was told nothing at first`);
    this.#check(client);
  }

  /** What was just written must be what some moment justifies, none that came before what was written earlier. */
  #receive(client: Client, messages: readonly Uint8Array[]): void {
    const { model, request } = client;
    const before = model.knowledge;
    try {
      model.receive(messages);
    } catch (error) {
      throw new Violation(`${this.#name(client)}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const after = model.knowledge;
    client.writes++;
    if (client.writes > 1 && after === before && !model.knowsBareAddress) {
      throw new Violation(`${this.#name(client)} was told nothing new:\n${after}`);
    }
    let moment = this.#arrived.latest;
    while (moment >= client.moment && this.#arrived.knowledge(moment, request) !== after) moment--;
    if (moment < client.moment) this.#complain(client, 'was told what no moment justifies');
    client.moment = moment;
  }

  /** Clients that aren't stalled take what was written to them. */
  #take(): void {
    for (const client of this.#clients) {
      while (!client.isStalled && client.call?.isWriting === true) client.call.take();
      if (client.call?.problem !== undefined) throw client.call.problem;
    }
  }

  /** All has been published: everybody who isn't busy knows the latest of what has arrived. */
  #checkAll(): void {
    this.#take();
    for (const client of this.#clients) {
      if (client.call !== undefined && !client.call.isWriting) this.#check(client);
    }
  }

  #check(client: Client): void {
    const { model, request } = client;
    const { latest } = this.#arrived;
    if (model.knowledge !== this.#arrived.knowledge(latest, request)) this.#complain(client, 'is wrong');
    client.moment = latest;
  }

  /** What has arrived in the end is what there is. */
  #checkTruth(): void {
    for (const kind of kinds) {
      for (const [key, { object, isBroken }] of this.#apiServer.now(kind)) {
        if (!isBroken && this.#arrived.get(kind, key) !== object)
          throw new Error(`${kind} ${key} has not arrived`);
      }
    }
  }

  #complain(client: Client, what: string): never {
    const expected = this.#arrived.knowledge(this.#arrived.latest, client.request).split('\n');
    const known = client.model.knowledge.split('\n');
    throw new Violation(
      [
        `${this.#name(client)} ${what}. It knows, and by the latest moment should (+) and should not (-):`,
        ...known.map((line) => `${expected.includes(line) ? ' ' : '-'} ${line}`),
        ...expected.filter((line) => !known.includes(line)).map((line) => `+ ${line}`),
      ].join('\n'),
    );
  }

  #name({ request }: Client): string {
    return `${request.rpc} ${request.authority} ${request.contextToken.trim()}`;
  }
}
