/** Three-valued logic (Kleene). `unknown` never widens anything and never uninstalls anything. */
export type Truth = "yes" | "no" | "unknown";

export const truth = (value: boolean): Truth => (value ? "yes" : "no");

export const or = (...values: readonly Truth[]): Truth =>
  values.includes("yes") ? "yes" : values.includes("unknown") ? "unknown" : "no";

export const and = (...values: readonly Truth[]): Truth =>
  values.includes("no") ? "no" : values.includes("unknown") ? "unknown" : "yes";

/** What a synced cache says of one object: it is there, it is surely not there, or nobody can tell. */
export type Lookup<T> =
  | { readonly state: "found"; readonly value: T }
  | { readonly state: "absent" }
  | { readonly state: "unknown"; readonly why: string };

export const found = <T>(value: T): Lookup<T> => ({ state: "found", value });
export const absent: Lookup<never> = { state: "absent" };
export const unknown = (why: string): Lookup<never> => ({ state: "unknown", why });
export const lookup = <T>(value: T | undefined): Lookup<T> => (value === undefined ? absent : found(value));
