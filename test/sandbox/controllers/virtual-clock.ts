import type { Clock } from '../../../src/sandbox/controllers/clock.js';

interface Task {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on, and runs what is scheduled in the order of its due times. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #scheduled = 0;
  readonly #tasks = new Set<Task>();

  /** Default noon of 1 January 2030. */
  constructor(nowMs = Date.UTC(2030, 0, 1, 12)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): () => void {
    const task = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#scheduled++, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  /** How much is scheduled. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** Runs the next task if it is due within `withinMs`, at its due time. False where none is. */
  step(withinMs = 0): boolean {
    let next: Task | undefined;
    for (const task of this.#tasks) {
      if (!next || task.dueMs < next.dueMs || (task.dueMs === next.dueMs && task.order < next.order))
        next = task;
    }
    if (!next || next.dueMs > this.#nowMs + withinMs) return false;
    this.#tasks.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.run();
    return true;
  }

  /** Runs everything that falls due until `ms` from now. Throws where that never comes to rest. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let steps = 0; this.step(endMs - this.#nowMs); steps += 1) {
      if (steps > 100_000) throw new Error('still busy after 100,000 tasks');
    }
    this.#nowMs = endMs;
  }

  /** Runs everything that is due now. */
  settle(): void {
    this.advance(0);
  }
}
