/** What a command may touch of the process it runs in; a test hands it something else. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the command shall end; the reason is an Interruption. */
  readonly signal: AbortSignal;
  /** Whether stdout is a terminal. */
  readonly isTty: boolean;
  /** How wide lines of prose may be. */
  readonly columns: number;
}

export interface Output {
  write(text: string): unknown;
}
