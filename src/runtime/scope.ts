/** What has been opened and must be closed again, whatever becomes of the code between. */
export class Scope {
  readonly #closers: (() => unknown)[] = [];

  /** `close` is called once, after everything that is added later has been closed. */
  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  /**
   * Closes everything, last opened first, each when the one before is done. All are closed even where one fails; the
   * first failure is thrown at the end. A second call finds nothing left to do.
   */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (;;) {
      const close = this.#closers.pop();
      if (close === undefined) break;
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
