/** What an outline left to people, and nobody has written yet. */
import type { PackDefinition } from "../../api/v1alpha1/index.ts";
import type { Checked } from "../input/load.ts";
import type { Manifest } from "../input/manifest.ts";
import { partsOf } from "../pack/parts.ts";
import { isPlaceholder } from "../placeholder.ts";
import { type Path, schemaOf } from "../schema/crd.ts";
import { schemaAt } from "../schema/structure.ts";
import { type Finding, finding } from "./finding.ts";

type Definitions = ReadonlyMap<string, PackDefinition>;

export const placeholderFindings = (ours: readonly Checked[], definitions: Definitions): readonly Finding[] =>
  ours.flatMap(({ manifest }) =>
    placeholdersIn(manifest.object, []).map(({ path, text }) =>
      finding("PACK409", manifest, path, `is still the placeholder '${text}'.${advice(manifest, path, definitions)}`),
    ),
  );

type Placeholder = { readonly path: Path; readonly text: string };

const placeholdersIn = (value: unknown, path: Path): readonly Placeholder[] => {
  if (typeof value === "string") return isPlaceholder(value) ? [{ path, text: value }] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => placeholdersIn(item, [...path, index]));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, field]) => placeholdersIn(field, [...path, key]));
};

/** The field's own description, and the names that the pack has. */
const advice = (manifest: Manifest, path: Path, definitions: Definitions): string => {
  const description = schemaAt(schemaOf(manifest.kind), path)?.description;
  const names = namesFor(manifest, path, definitions);
  return [
    description === undefined ? "" : ` Write what belongs there: ${description}`,
    names.length === 0
      ? ""
      : ` The pack has: ${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", ..." : ""}.`,
  ].join("");
};

const SHOWN = 12;

const namesFor = ({ object, kind }: Manifest, path: Path, definitions: Definitions): readonly string[] => {
  const { packRef } = (object["spec"] ?? {}) as { readonly packRef?: { readonly name?: unknown } };
  const definition = definitions.get(String(packRef?.name));
  if (kind !== "PackConfiguration" || definition === undefined) return [];
  const { fetches, actions, syncTables, scopes } = partsOf(definition);
  const place = path.filter((step) => typeof step === "string").join(".");
  switch (place) {
    case "spec.components.formulas.name":
      return [...fetches, ...actions].map(({ name }) => name);
    case "spec.components.syncTables.name":
      return syncTables.map(({ name }) => name);
    case "spec.oauthScopes.allowed":
      return scopes.map(({ name }) => name);
    default:
      return [];
  }
};

const placeOf = ({ place, path }: Finding): string => `${place.file}:${place.line}:${place.column} ${path ?? ""}`;

/** A placeholder says it all: what else is wrong with it is no news. */
export const withoutConsequences = (
  placeholders: readonly Finding[],
  others: readonly Finding[],
): readonly Finding[] => {
  const places = new Set(placeholders.map(placeOf));
  return [...placeholders, ...others.filter((it) => !places.has(placeOf(it)))];
};
