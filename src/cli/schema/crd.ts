/** The parts of a CustomResourceDefinition that offline checks read, and where to find the schema of a kind. */
import { API_VERSION, crdName, GROUP, PACK_KINDS, VERSION } from "../../api/kinds.ts";
import { embeddedCrd } from "../embedded.ts";

/** One rule of `x-kubernetes-validations`. */
export type Rule = {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
};

/** A structural schema. */
export type Schema = {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly nullable?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-validations"?: readonly Rule[];
};

export type CustomResourceDefinition = {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
};

/** A step into a value: a field or an index. */
export type Segment = string | number;
export type Path = readonly Segment[];

/** `spec.formulas[2].name`, as the API server writes it. */
export const pathText = (path: Path): string =>
  path
    .map((segment) => (typeof segment === "number" ? `[${segment}]` : `.${segment}`))
    .join("")
    .replace(/^\./, "");

/** Whether an apiVersion is of our group, whatever the version. */
export const isOurGroup = (apiVersion: string): boolean => apiVersion.startsWith(`${GROUP}/`);

export const isOurKind = (apiVersion: string, kind: string): boolean =>
  apiVersion === API_VERSION && PACK_KINDS.some((resource) => resource.kind === kind);

const schemas = new Map<string, Schema>();

/**
 * The schema of a kind of this API version.
 * @throws Error where the CRDs lack it, which is a fault of the build
 */
export const schemaOf = (kind: string): Schema => {
  const known = schemas.get(kind);
  if (known !== undefined) return known;
  const resource = PACK_KINDS.find((it) => it.kind === kind);
  const crd = resource === undefined ? undefined : embeddedCrd(crdName(resource));
  const schema = crd?.spec.versions.find(({ name }) => name === VERSION)?.schema.openAPIV3Schema;
  if (schema === undefined) throw new Error(`there is no CRD for the kind ${kind}`);
  schemas.set(kind, schema);
  return schema;
};
