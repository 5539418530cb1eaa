/** The world of one command: everything that it reads and writes beside files. */
export type Sink = {
  write(text: string): void;
  readonly isTerminal: boolean;
};

export type Io = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** All of standard input. */
  readStdin(): Promise<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the user called us: `packctl` or `kubectl packs`. */
  readonly program: string;
  /** Milliseconds since 1970. */
  now(): number;
};
