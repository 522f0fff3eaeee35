import type { Scheduler } from '../../src/engine/scheduler.js';

interface Task {
  readonly dueMs: number;
  readonly work: () => void;
}

/** Longer than an engine waits from one publication to the next. */
const soonMs = 20;

/** Time by hand, which also moves by `msPerLook` whenever it is looked at: work takes time then, and many turns. */
export class LookedAtClock implements Scheduler {
  readonly #msPerLook: number;
  readonly #tasks = new Set<Task>();
  #nowMs = 0;

  constructor(msPerLook: number) {
    this.#msPerLook = msPerLook;
  }

  nowMs(): number {
    this.#nowMs += this.#msPerLook;
    return this.#nowMs;
  }

  at(timeMs: number, work: () => void): () => void {
    const task: Task = { dueMs: timeMs, work };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  after(timeMs: number, work: () => void): () => void {
    return this.at(timeMs, work);
  }

  /** Lets time pass and runs what falls due, in order. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    while (this.#runNext(untilMs));
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Runs what is due next, if it is soon. */
  turn(): void {
    this.#runNext(this.#nowMs + soonMs);
  }

  #runNext(untilMs: number): boolean {
    let next: Task | undefined;
    for (const task of this.#tasks) if (next === undefined || task.dueMs < next.dueMs) next = task;
    if (next === undefined || next.dueMs > untilMs) return false;
    this.#tasks.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.work();
    return true;
  }
}
