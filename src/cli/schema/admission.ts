/** What the API server would say of an object of this API, offline: shape, names, repeated entries, CEL rules. */
import { PACK_KINDS } from "../../api/kinds.ts";
import type { RuleId } from "../lint/rules.ts";
import { type Path, schemaOf } from "./crd.ts";
import { withDefaults } from "./defaults.ts";
import { type Flaw, structuralFlaws } from "./structure.ts";
import { brokenRules, repeatedEntries } from "./walk.ts";

/** Why an object is refused, or (`PACK107`) what nobody can tell. */
export type Refusal = {
  readonly rule: RuleId;
  readonly path: Path;
  readonly at: "key" | "value";
  readonly message: string;
};

export type Admitted = {
  /** The object with its defaults and without its status, as the API server would store a new one. */
  readonly object: Readonly<Record<string, unknown>>;
  readonly refusals: readonly Refusal[];
};

const RULE_OF: Readonly<Record<Flaw["kind"], RuleId>> = {
  UnknownField: "PACK101",
  MissingField: "PACK102",
  WrongType: "PACK103",
  InvalidValue: "PACK104",
};

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const OBJECT_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const NAMESPACE_NAME = new RegExp(`^${LABEL}$`);
const QUALIFIED_NAME = new RegExp(`^(${LABEL}(\\.${LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`);
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

type Metadata = Readonly<Record<string, unknown>>;

const metadataRefusals = (kind: string, metadata: unknown): readonly Refusal[] => {
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) return [];
  const { name, namespace, labels, annotations } = metadata as Metadata;
  const namespaced = PACK_KINDS.find((resource) => resource.kind === kind)?.namespaced === true;
  return [
    ...nameRefusals(name),
    ...(namespaced && typeof namespace === "string" && !(NAMESPACE_NAME.test(namespace) && namespace.length <= 63)
      ? [metadataRefusal(["namespace"], "must be the name of a namespace: lower-case letters, digits and '-'")]
      : []),
    ...keyRefusals("labels", labels),
    ...keyRefusals("annotations", annotations),
    ...Object.entries(isTexts(labels) ? labels : {})
      .filter(([, value]) => typeof value === "string" && !LABEL_VALUE.test(value))
      .map(([key]) =>
        metadataRefusal(["labels", key], "must be a label value: at most 63 letters, digits, '-', '_' or '.'"),
      ),
  ];
};

const isTexts = (value: unknown): value is Metadata =>
  value !== null && typeof value === "object" && !Array.isArray(value);

const metadataRefusal = (path: Path, message: string, at: Refusal["at"] = "value"): Refusal => ({
  rule: "PACK108",
  path: ["metadata", ...path],
  at,
  message,
});

const nameRefusals = (name: unknown): readonly Refusal[] => {
  if (name === undefined) return [metadataRefusal(["name"], "must be written: the name of the object", "key")];
  if (typeof name !== "string" || (name.length <= 253 && OBJECT_NAME.test(name))) return [];
  return [
    metadataRefusal(
      ["name"],
      "must be lower-case letters, digits, '-' or '.', starting and ending with a letter or digit",
    ),
  ];
};

const keyRefusals = (field: string, texts: unknown): readonly Refusal[] =>
  Object.keys(isTexts(texts) ? texts : {})
    .filter((key) => !QUALIFIED_NAME.test(field === "annotations" ? key.toLowerCase() : key))
    .map((key) => metadataRefusal([field, key], "must be a qualified name such as 'example.com/tier'", "key"));

/** The verdict of the API server on one object that is new. The status is left out, as it is there. */
export const admit = (kind: string, given: Readonly<Record<string, unknown>>): Admitted => {
  const schema = schemaOf(kind);
  const { status: _, ...written } = given;
  const object = withDefaults(written, schema) as Readonly<Record<string, unknown>>;
  const flaws = structuralFlaws(kind, object);
  const repeated = repeatedEntries(object, schema);
  const names = metadataRefusals(kind, object["metadata"]);
  const rules = brokenRules(object, schema, [
    ...flaws.map(missingAtParent),
    ...repeated,
    ...names.map(({ path }) => path),
  ]);
  return {
    object,
    refusals: [
      ...flaws.map(({ kind: flaw, path, at, message }) => ({ rule: RULE_OF[flaw], path, at, message })),
      ...names,
      ...repeated.map(
        (path): Refusal => ({
          rule: "PACK105",
          path,
          at: "value",
          message: "repeats an earlier entry; each may stand here once",
        }),
      ),
      ...rules.map(
        ({ path, message, unknown }): Refusal =>
          unknown === undefined
            ? { rule: "PACK106", path, at: "value", message }
            : { rule: "PACK107", path, at: "value", message: `cannot be checked offline (${unknown}): ${message}` },
      ),
    ],
  };
};

/** A missing field makes its parent unfit for rules. */
const missingAtParent = ({ kind, path }: Flaw): Path => (kind === "MissingField" ? path.slice(0, -1) : path);

/** Whether the API server would refuse the object. */
export const isRefused = ({ refusals }: Admitted): boolean => refusals.some(({ rule }) => rule !== "PACK107");
