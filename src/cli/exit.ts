/** How a command ends. */

export const EXIT = {
  ok: 0,
  /** Something was found: a lint error, an install that would not be installed or is not ready; a no; or it is not there. */
  findings: 1,
  /** The command line is wrong, or a file cannot be read or is not valid. */
  usage: 2,
  /** The cluster cannot be reached, refuses, or does not serve the API. */
  cluster: 3,
  /** A fault of this program. */
  fault: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a message on stderr and without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): CommandError => new CommandError(EXIT.usage, message);

export const EXIT_HELP = `
Exit codes:
  0  all is well
  1  findings: a lint error, an install that would not be installed or is not ready, a no, something that is not there
  2  usage: a wrong command line, or input that is unreadable or that the API server would refuse
  3  cluster: unreachable, refused by it, or without this API
  4  a fault of this program
`;
