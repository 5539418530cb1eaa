/**
 * The schema model between the TypeScript sources and everything that is generated from them: what a kind is, with each
 * rule and text in one place and no trace of any output format.
 */
import type { Resource } from "../src/api/kinds.ts";

/** A CEL rule. `self` is the value that the rule stands on. */
export type Rule = {
  readonly expression: string;
  /** What to write instead. */
  readonly message: string;
  /** The field to blame, relative to the value that the rule stands on: `.spec.configurationRef`. */
  readonly fieldPath?: string;
  readonly reason?: string;
};

/** A regular expression that RE2 and JavaScript read alike, and that a string must (or, negated, must not) match. */
export type Pattern = { readonly source: string; readonly negated: boolean; readonly message: string };

type Base = { readonly description: string; readonly rules: readonly Rule[]; readonly default?: unknown };

export type StringSchema = Base & {
  readonly type: "string";
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly patterns: readonly Pattern[];
  /** A pattern that stays in the structural schema, because it needs what only RE2 and the `u` flag have in common. */
  readonly schemaPattern?: string;
};

export type IntegerSchema = Base & {
  readonly type: "integer";
  readonly format: "int32" | "int64";
  readonly minimum: number;
  readonly maximum: number;
};

export type BooleanSchema = Base & { readonly type: "boolean" };

export type ListType = "atomic" | "set" | "map";

export type ArraySchema = Base & {
  readonly type: "array";
  readonly items: Schema;
  readonly listType: ListType;
  readonly listMapKeys: readonly string[];
  readonly minItems?: number;
  readonly maxItems: number;
};

export type Property = { readonly name: string; readonly required: boolean; readonly schema: Schema };

export type ObjectSchema = Base & { readonly type: "object"; readonly properties: readonly Property[] };

/** An object with free keys, such as labels. */
export type MapSchema = Base & {
  readonly type: "map";
  readonly values: Schema;
  readonly minProperties?: number;
  readonly maxProperties: number;
};

export type Schema = StringSchema | IntegerSchema | BooleanSchema | ArraySchema | ObjectSchema | MapSchema;

export type PrintColumn = {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  /** Above 0: only with `-o wide`. */
  readonly priority: number;
};

export type Kind = {
  readonly resource: Resource;
  /** Written by the controller only: nobody reports on it in a status. */
  readonly compiled: boolean;
  /** The source file, relative to the repository. */
  readonly source: string;
  readonly description: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly PrintColumn[];
  readonly selectableFields: readonly string[];
  /** Rules on the whole object. */
  readonly rules: readonly Rule[];
  readonly spec: ObjectSchema;
  readonly status: ObjectSchema;
};
