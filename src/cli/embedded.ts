/** What a bundle carries inside and a checkout has beside it: the version, the CRDs and a schema for editors. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import configurationSchema from "../../schemas/packconfiguration.json" with { type: "json" };
import type { CustomResourceDefinition } from "./schema/crd.ts";

/** The CRDs, parsed; set by the bundler. A checkout has no such name and reads `crds/`. */
declare const PACKCTL_CRDS: readonly CustomResourceDefinition[] | undefined;

const readCheckout = (name: string): CustomResourceDefinition =>
  parse(readFileSync(join(import.meta.dirname, "..", "..", "crds", `${name}.yaml`), "utf8"));

/** A CRD by its name, such as `packinstalls.packs.dev`; undefined where a bundle was made without it. */
export const embeddedCrd = (name: string): CustomResourceDefinition | undefined =>
  typeof PACKCTL_CRDS === "undefined" ? readCheckout(name) : PACKCTL_CRDS.find((crd) => crd.metadata.name === name);

export const VERSION: string = manifest.version;

/** The JSON Schema of PackConfigurations in general, for editors. */
export const CONFIGURATION_SCHEMA: Readonly<Record<string, unknown>> = configurationSchema;
