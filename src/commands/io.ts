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
  /** Undefined where stdout is no terminal. */
  readonly terminal?: Terminal;
}

/** A screen, and the keys in front of it. */
export interface Terminal {
  /** As it is at present: people change it. */
  size(): { readonly columns: number; readonly rows: number };
  /**
   * Calls `listener` with each key that is pressed, until the function returned is called. Ctrl-C interrupts as ever. No
   * key comes where stdin is no terminal.
   */
  onKey(listener: (key: string) => void): () => void;
}

export interface Output {
  write(text: string): unknown;
}
