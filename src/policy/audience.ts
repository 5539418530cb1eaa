/** Who is in a doc: its owner, its sharing, and the sharing of every folder above it (design: policy, section 1). */
import type { PackDoc, PackFolder, Share } from "../api/v1alpha1/index.ts";
import type { Lookup } from "./truth.ts";

/** One entry, with the folder that it comes from; without one it is the doc's own. */
export type AudienceEntry = Pick<Share, "kind" | "name"> & { readonly folder?: string };

/** Why the folders above something cannot be followed to the top. */
export type Broken = {
  readonly why: "missing" | "unreadable" | "loop" | "deep";
  /** A sentence without its full stop. */
  readonly message: string;
};

export type Audience = {
  readonly entries: readonly AudienceEntry[];
  /** The folders above the doc, nearest first, as far as they can be followed. */
  readonly folders: readonly string[];
  /** Why there may be more people than these: a sentence without its full stop. */
  readonly incomplete?: string;
  /** What kind of reason that is. */
  readonly broken?: Broken["why"];
};

/** So many folders may lie above a doc. */
export const MAX_FOLDER_DEPTH = 16;

/** A folder and those above it. */
export type Ascent = {
  /** Nearest first, as far as they exist. */
  readonly folders: readonly PackFolder[];
  /** Nearest first, as far as they are named. */
  readonly names: readonly string[];
  readonly broken?: Broken;
};

/** From the folder `first` to the top. `folderOf`: the folders of one namespace. */
export const ascend = (first: string | undefined, folderOf: (name: string) => Lookup<PackFolder>): Ascent => {
  const folders: PackFolder[] = [];
  const names: string[] = [];
  const end = (why: Broken["why"], message: string): Ascent => ({ folders, names, broken: { why, message } });
  let next = first;
  while (next !== undefined) {
    if (names.includes(next)) return end("loop", `the folders form a loop at '${next}'`);
    if (names.length === MAX_FOLDER_DEPTH) {
      return end("deep", `more than ${MAX_FOLDER_DEPTH} folders lie above each other, from '${first}' up`);
    }
    names.push(next);
    const folder = folderOf(next);
    if (folder.state === "absent") return end("missing", `there is no PackFolder '${next}' in this namespace`);
    if (folder.state === "unknown") return end("unreadable", `the PackFolder '${next}' cannot be read: ${folder.why}`);
    folders.push(folder.value);
    next = folder.value.spec.parentRef?.name;
  }
  return { folders, names };
};

/** `folderOf`: the folders of the doc's namespace. */
export const audienceOf = (doc: PackDoc, folderOf: (name: string) => Lookup<PackFolder>): Audience => {
  const { broken, folders, names } = ascend(doc.spec.folderRef?.name, folderOf);
  const entries: readonly AudienceEntry[] = [
    { kind: "User", name: doc.spec.owner },
    ...(doc.spec.sharing ?? []).map(entryOf),
    ...folders.flatMap(sharedBy),
  ];
  const open = broken === undefined ? {} : { incomplete: broken.message, broken: broken.why };
  return { entries, folders: names, ...open };
};

const entryOf = ({ kind, name }: Share): AudienceEntry => ({ kind, name });

const sharedBy = ({ metadata, spec }: PackFolder): readonly AudienceEntry[] =>
  (spec.sharing ?? []).map((share) => ({ ...entryOf(share), folder: metadata.name }));
