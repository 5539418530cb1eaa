import type { Manifest, Place } from "../input/manifest.ts";
import { type Path, pathText } from "../schema/crd.ts";
import { type Level, RULES, type RuleId } from "./rules.ts";

export type Subject = { readonly kind: string; readonly namespace?: string; readonly name: string };

/** One thing that `packctl lint` has to say. */
export type Finding = {
  readonly rule: RuleId;
  readonly level: Level;
  readonly message: string;
  readonly place: Place;
  readonly subject?: Subject;
  /** `spec.networkDomains[0]`. */
  readonly path?: string;
};

export const subjectOf = ({ kind, namespace, name }: Manifest): Subject => ({
  kind,
  ...(namespace === undefined ? {} : { namespace }),
  name,
});

export const subjectText = ({ kind, namespace, name }: Subject): string =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

export type FindingOptions = { readonly at?: "key" | "value"; readonly level?: Level };

/** A finding about a place in an object. */
export const finding = (
  rule: RuleId,
  manifest: Manifest,
  path: Path,
  message: string,
  { at = "value", level = RULES[rule].level }: FindingOptions = {},
): Finding => ({
  rule,
  level,
  message,
  place: manifest.locate(path, at),
  subject: subjectOf(manifest),
  ...(path.length === 0 ? {} : { path: pathText(path) }),
});

/** By file, line and column, then by rule. */
export const inReadingOrder = (findings: readonly Finding[]): readonly Finding[] =>
  [...findings].sort(
    (a, b) =>
      compare(a.place.file, b.place.file) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column ||
      compare(a.rule, b.rule),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
