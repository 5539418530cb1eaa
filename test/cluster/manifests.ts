/** The repository's YAML files on an API server. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { CUSTOM_RESOURCE_DEFINITION, type Resource } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Client } from "../../src/kube/client.ts";
import { eventually } from "./eventually.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FIELD_MANAGER = "test-harness";
/** What later directories refer to comes first. */
const CONFIG_ORDER = ["namespaces", "rbac", "policies"];

type Definition = KubeObject & {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
};

/** Applies `crds/` and waits until each is served. */
export async function installCrds(client: Client, directory: string = join(ROOT, "crds")): Promise<void> {
  const definitions = readObjects(directory);
  await applyObjects(client, definitions);
  for (const { metadata } of definitions) {
    await eventually(`the CustomResourceDefinition ${metadata.name} is established`, async () => {
      const found = await client.get<Definition>(CUSTOM_RESOURCE_DEFINITION, { name: metadata.name });
      return found.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
    });
  }
}

/** Applies `config/`: namespaces, then RBAC, then policies. */
export async function installConfig(client: Client, directory: string = join(ROOT, "config")): Promise<void> {
  for (const part of CONFIG_ORDER) await applyObjects(client, readObjects(join(directory, part)));
}

/** All objects of a file, or of the `.yaml` files below a directory in the order of their names. */
export function readObjects(path: string): readonly KubeObject[] {
  if (!existsSync(path)) throw new Error(`${path} does not exist`);
  const files = path.endsWith(".yaml") ? [path] : globSync("**/*.yaml", { cwd: path }).map((file) => join(path, file));
  return files
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as KubeObject))
    .filter((object) => object !== null);
}

/** Server-side apply of each object in turn, taking over its fields. */
export async function applyObjects(client: Client, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    await client.apply(resourceOf(object), object, { fieldManager: FIELD_MANAGER, force: true });
  }
}

/** How to address an object whose kind is not in the tables of `src/api`: plurals of the built-in kinds are regular. */
export function resourceOf(object: KubeObject): Resource {
  const singular = object.kind.toLowerCase();
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    plural: singular.endsWith("y")
      ? `${singular.slice(0, -1)}ies`
      : `${singular}${singular.endsWith("s") ? "es" : "s"}`,
    namespaced: object.metadata.namespace !== undefined,
  };
}
