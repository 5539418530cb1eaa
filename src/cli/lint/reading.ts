/** What can be said of the documents alone: are they YAML, objects, of a known kind, small enough, given once. */
import { PACK_GRANT, PACK_KINDS } from "../../api/kinds.ts";
import { type Checked, type Loaded, unknownKindMessage } from "../input/load.ts";
import type { Manifest } from "../input/manifest.ts";
import { plural } from "../text.ts";
import { type Finding, finding } from "./finding.ts";

/** The largest object that etcd takes with its default settings. */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

export const readingFindings = (loaded: Loaded, namespace: string): readonly Finding[] => [
  ...loaded.unreadable.map(
    ({ place, why, message }): Finding => ({
      rule: why === "NotYaml" ? "PACK001" : "PACK002",
      level: "error",
      message,
      place,
    }),
  ),
  ...otherKinds(loaded.others),
  ...loaded.unknown.map((manifest) => finding("PACK004", manifest, ["kind"], unknownKindMessage(manifest))),
  ...loaded.flawedBuiltIn.map(({ manifest, flaw }) =>
    finding("PACK104", manifest, flaw.path, flaw.message, { at: flaw.at }),
  ),
  ...loaded.ours.flatMap(aloneFindings),
  ...duplicates(loaded.ours, namespace),
];

/** One note for each file, not for each object. */
const otherKinds = (others: readonly Manifest[]): readonly Finding[] => {
  const byFile = Map.groupBy(others, (manifest) => manifest.locate([]).file);
  return [...byFile.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const kinds = [...new Set([first, ...rest].map(({ kind }) => kind))].sort().slice(0, 8);
    const message = `${plural(rest.length + 1, "object")} of other kinds not checked: ${kinds.join(", ")}.`;
    return [{ rule: "PACK003", level: "note", message, place: first.locate([]) } as const];
  });
};

const aloneFindings = ({ manifest, admitted }: Checked): readonly Finding[] => [
  ...admitted.refusals.map(({ rule, path, at, message }) => finding(rule, manifest, path, message, { at })),
  ...(manifest.kind === PACK_GRANT.kind
    ? [finding("PACK111", manifest, ["kind"], "only the controller writes grants; this object would be refused.")]
    : []),
  ...("status" in manifest.object
    ? [finding("PACK109", manifest, ["status"], "the status is not taken from a file.", { at: "key" })]
    : []),
  ...namespaceIgnored(manifest),
  ...tooLarge(manifest),
];

const namespaceIgnored = (manifest: Manifest): readonly Finding[] => {
  const namespaced = PACK_KINDS.find(({ kind }) => kind === manifest.kind)?.namespaced === true;
  return namespaced || manifest.namespace === undefined
    ? []
    : [
        finding(
          "PACK110",
          manifest,
          ["metadata", "namespace"],
          `a ${manifest.kind} is cluster-wide; it has no namespace.`,
          {
            at: "key",
          },
        ),
      ];
};

const tooLarge = (manifest: Manifest): readonly Finding[] => {
  const bytes = Buffer.byteLength(JSON.stringify(manifest.object));
  return bytes <= MAX_OBJECT_BYTES
    ? []
    : [
        finding(
          "PACK007",
          manifest,
          [],
          `the object has ${bytes} bytes as JSON; ${MAX_OBJECT_BYTES} are stored at most.`,
        ),
      ];
};

const duplicates = (ours: readonly Checked[], namespace: string): readonly Finding[] => {
  const first = new Map<string, Manifest>();
  return ours.flatMap(({ manifest }) => {
    const namespaced = PACK_KINDS.find(({ kind }) => kind === manifest.kind)?.namespaced === true;
    const key = `${manifest.kind} ${namespaced ? `${manifest.namespace ?? namespace}/` : ""}${manifest.name}`;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, manifest);
      return [];
    }
    const { file, line } = earlier.locate([]);
    return manifest.name === ""
      ? []
      : [finding("PACK005", manifest, ["metadata", "name"], `the same object stands at ${file}:${line}.`)];
  });
};
