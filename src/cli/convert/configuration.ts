/** A policy in JSON as a whole PackConfiguration, or everything that keeps it from being one. Pure. */
import { API_VERSION, PACK_CONFIGURATION } from "../../api/kinds.ts";
import type { PackConfiguration, PackConfigurationSpec } from "../../api/v1alpha1/index.ts";
import { admit } from "../schema/admission.ts";
import { pathText } from "../schema/crd.ts";
import { jsonPath, readPolicyJson } from "./json-text.ts";
import { ConversionLog, type Refusal } from "./log.ts";
import { convertPolicy } from "./policy.ts";

/** What the JSON does not say. */
export type Target = {
  readonly pack: string;
  readonly name: string;
  readonly access: NonNullable<PackConfigurationSpec["access"]>;
};

export type Converted =
  | { readonly ok: true; readonly configuration: PackConfiguration; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

const lineOf = ({ path, message }: Refusal): string => `${jsonPath(path)} ${message}`;

/** The API server would take the result. Each problem names its place in the JSON: `$.fetches must be ...`. */
export const convertText = (text: string, { pack, name, access }: Target): Converted => {
  const read = readPolicyJson(text);
  if (!read.ok) return { ok: false, problems: [lineOf(read)] };
  const log = new ConversionLog();
  const configuration: PackConfiguration = {
    apiVersion: API_VERSION,
    kind: PACK_CONFIGURATION.kind,
    metadata: { name },
    spec: { packRef: { name: pack }, access, ...convertPolicy(read.value, log) },
  };
  const problems = log.refusals.length > 0 ? log.refusals.map(lineOf) : refusalsOf(configuration, log);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, configuration, notes: log.notes.map(lineOf) };
};

/** What the API server would say, at the places of the JSON. */
const refusalsOf = (configuration: PackConfiguration, log: ConversionLog): readonly string[] =>
  admit(configuration.kind, configuration as unknown as Readonly<Record<string, unknown>>)
    .refusals.filter(({ rule }) => rule !== "PACK107")
    .map(({ path, message }) => `${jsonPath(log.originOf(path))} (\`${pathText(path)}\`) ${message}`);
