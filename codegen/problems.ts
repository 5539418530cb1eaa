/** What is wrong in a source file, and where. */
export type Problem = { readonly file: string; readonly line: number; readonly message: string };

export const formatProblem = ({ file, line, message }: Problem): string => `${file}:${line}: ${message}`;

/** The sources cannot be turned into schemas. Says every problem, each as `file:line: what`. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.problems = problems;
  }
}
