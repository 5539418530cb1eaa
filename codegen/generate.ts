/** All that is generated, as text by path. Reads the sources, writes nothing. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { crdName } from "../src/api/kinds.ts";
import { readKinds } from "./from-typescript.ts";
import type { Kind } from "./model.ts";
import { toAdmission } from "./to-admission.ts";
import { toCrd } from "./to-crd.ts";
import { toJsonSchema } from "./to-json-schema.ts";
import { toConditionsPage, toIndexPage, toKindPage } from "./to-reference.ts";
import { toYaml } from "./to-yaml.ts";

/** Folders in which every file is generated; others are removed. */
export const GENERATED_FOLDERS = ["crds", "schemas", "docs/reference"] as const;

/** What the controller compares the policies of its cluster with. */
export const ADMISSION_MODULE = "src/resources/admission-policies.ts";

/** Where the sources of the kinds are. */
export const SOURCE_FOLDER = "src/api/v1alpha1";

/** The kinds of a repository. Throws SourceError. */
export const kindsOf = (root: string): readonly Kind[] => {
  const folder = join(root, SOURCE_FOLDER);
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return readKinds(
    files.sort().map((name) => join(folder, name)),
    root,
  );
};

/** Path (relative to the repository) to content, for every generated file. */
export const generate = (root: string): ReadonlyMap<string, string> => {
  const kinds = kindsOf(root);
  return new Map([
    ...kinds.map((kind): [string, string] => [`crds/${crdName(kind.resource)}.yaml`, toYaml(toCrd(kind), kind.source)]),
    ...kinds.map((kind): [string, string] => [
      `schemas/${kind.resource.kind.toLowerCase()}.json`,
      `${JSON.stringify(toJsonSchema(kind), undefined, 2)}\n`,
    ]),
    ...kinds.map((kind): [string, string] => [
      `docs/reference/${kind.resource.kind.toLowerCase()}.md`,
      toKindPage(kind),
    ]),
    ["docs/reference/reasons.md", toConditionsPage()],
    ["docs/reference/README.md", toIndexPage(kinds)],
    [ADMISSION_MODULE, toAdmission(root)],
  ]);
};
