/** Rows 7 and 8 of section 2: whether a pack may be in a doc, and with whom that doc may be shared. */
import type { PackConfiguration } from "../api/v1alpha1/index.ts";
import { coverage } from "./access.ts";
import type { AudienceEntry } from "./audience.ts";
import { type Doc, isNamed } from "./doc.ts";
import { docOf, type InstallInput } from "./input.ts";
import { type Problem, problem } from "./problem.ts";
import { type Check, pass, refuse, wait } from "./step.ts";

/** Whether a configuration lets packs be in the doc at all. */
export const allowsDoc = (configuration: PackConfiguration, doc: Doc): boolean => {
  const sharing = configuration.spec.doc?.sharing;
  return sharing?.allow !== "Listed" || isNamed(doc, sharing.allowedDocs ?? []);
};

export const docMessage = (configuration: PackConfiguration, { install }: InstallInput): string =>
  `the PackConfiguration '${configuration.metadata.name}' does not list the doc '${docOf(install)}' (\`spec.doc.sharing.allowedDocs\`).`;

export const docNotFoundMessage = ({ install }: InstallInput): string =>
  `there is no PackDoc '${install.spec.docRef?.name}' in the namespace '${install.metadata.namespace}'.`;

/** Row 7. */
export const docAllowed: Check = (input, { configuration }) => {
  const { doc } = input;
  if (doc.state === "unknown") return wait("KindNotServed", `the doc cannot be read: ${doc.why}.`);
  if (doc.state === "absent") return wait("DocNotFound", docNotFoundMessage(input));
  return configuration === undefined || allowsDoc(configuration, doc.value)
    ? pass()
    : refuse("DocNotAllowed", docMessage(configuration, input));
};

/** What stands against everybody in the doc using the pack by this configuration. */
export type SharingObstacle =
  | { readonly kind: "uncovered"; readonly entry: AudienceEntry; readonly folders: readonly string[] }
  | { readonly kind: "unknown"; readonly problem: Problem };

/** Undefined where the configuration does not ask for it, or where everybody has access. */
export const sharingObstacle = (
  input: InstallInput,
  configuration: PackConfiguration | undefined,
): SharingObstacle | undefined => {
  const enforced = configuration?.spec.doc?.sharing.enforcePackConfigurationPermissions === true;
  if (!enforced || input.doc.state !== "found") return undefined;
  const { audience } = input.doc.value;
  if (audience.state !== "found") {
    const why = audience.state === "unknown" ? audience.why : "there is no doc";
    return {
      kind: "unknown",
      problem: problem("AudienceUnknown", `whom the doc is shared with is not known: ${why}.`),
    };
  }
  const { covered, entry } = coverage(audience.value, configuration, input);
  if (covered === "yes") return undefined;
  if (covered === "no" && entry !== undefined) return { kind: "uncovered", entry, folders: audience.value.folders };
  const { incomplete } = audience.value;
  return {
    kind: "unknown",
    problem:
      entry === undefined && incomplete !== undefined
        ? problem("AudienceUnknown", `whom the doc is shared with is not known: ${incomplete}.`)
        : problem(
            "GroupDataStale",
            `whether everybody in ${entryName(entry)} may use the PackConfiguration '${configuration.metadata.name}' is not known: a group's members are older than it allows, or cannot be listed.`,
          ),
  };
};

const entryName = (entry: AudienceEntry | undefined): string => {
  if (entry === undefined) return "the doc";
  const { folder, kind, name } = entry;
  const who = kind === "Anyone" ? "anyone" : `the ${kind.toLowerCase()} '${name}'`;
  return folder === undefined ? who : `${who} (by the folder '${folder}')`;
};

export const sharingMessage = (configuration: PackConfiguration, entry: AudienceEntry): string =>
  `the doc is shared with ${entryName(entry)}, who may not use the PackConfiguration '${configuration.metadata.name}' (\`spec.doc.sharing.enforcePackConfigurationPermissions\`); share it with fewer people, or give them access.`;

/** Row 8. */
export const audienceCovered: Check = (input, { configuration }) => {
  const obstacle = sharingObstacle(input, configuration);
  if (obstacle === undefined || configuration === undefined) return pass();
  return obstacle.kind === "unknown"
    ? { wait: obstacle.problem }
    : refuse("SharingIncompatible", sharingMessage(configuration, obstacle.entry));
};
