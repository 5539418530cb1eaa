import type { Reason } from "../api/reasons.ts";

/** Why something is not so: a closed reason for machines, and a sentence that says what is wrong and what to do. */
export type Problem = { readonly reason: Reason; readonly message: string };

export const problem = (reason: Reason, message: string): Problem => ({ reason, message });

/** `'a', 'b' and 'c'`; long lists end in a count. */
export const enumerate = (names: readonly string[], most = 5): string => {
  const shown = names.slice(0, most).map((name) => `'${name}'`);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
};

/** What a person wrote, as the end of a sentence. */
export const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
