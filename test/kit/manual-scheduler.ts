import type { Scheduler } from '../../src/engine/scheduler.js';

interface Task {
  readonly dueMs: number;
  readonly work: () => void;
}

/** Time and turns by hand. */
export class ManualScheduler implements Scheduler {
  #nowMs = 0;
  readonly #tasks = new Set<Task>();

  nowMs(): number {
    return this.#nowMs;
  }

  at(timeMs: number, work: () => void): () => void {
    const task = { dueMs: Math.max(timeMs, this.#nowMs), work };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  after(timeMs: number, work: () => void): () => void {
    return this.at(timeMs, work);
  }

  get pending(): number {
    return this.#tasks.size;
  }

  /** One turn of the event loop: runs what is due, and not what that asks for in its turn. */
  turn(): void {
    for (const task of [...this.#tasks].filter(({ dueMs }) => dueMs <= this.#nowMs)) {
      this.#tasks.delete(task);
      task.work();
    }
  }

  /** Lets time pass and runs what falls due, in order. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      const due = [...this.#tasks]
        .filter((task) => task.dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.#tasks.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.dueMs);
      due.work();
    }
    this.#nowMs = untilMs;
  }
}
