export interface BenchOptions {
  /** Smaller and fewer rounds: shows that it works, not how fast. */
  readonly quick: boolean;
  /** The folder of compiled modules: `src/…` and `bench/…`. */
  readonly build: string;
  /** For the measured processes: `--cpu-prof`, say. */
  readonly nodeFlags: readonly string[];
}

export interface Bench {
  readonly name: string;
  /** One line on what it measures. */
  readonly summary: string;
  /** Prints what it finds. Rejects where the content is wrong, never for a speed. */
  run(options: BenchOptions): Promise<void>;
}
