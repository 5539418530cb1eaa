import { expect, test } from "vitest";
import { kstatusOf } from "../../test/gen/kstatus.ts";
import { changed, NOW, packFolder } from "../../test/gen/objects.ts";
import type { PackFolder } from "../api/v1alpha1/index.ts";
import { ascend } from "../policy/audience.ts";
import { lookup, unknown } from "../policy/truth.ts";
import { conditionOf } from "./conditions.ts";
import { folderStatus } from "./folder-status.ts";

const inFolder = (name: string, parent?: string): PackFolder =>
  packFolder(name, parent === undefined ? {} : { parentRef: { name: parent } });

/** `f1` in `f2` in ... `f<depth>`. */
const chain = (depth: number): readonly PackFolder[] =>
  Array.from({ length: depth }, (_, index) =>
    inFolder(`f${index + 1}`, index + 1 < depth ? `f${index + 2}` : undefined),
  );

const lookedAt = (folder: PackFolder, folders: readonly PackFolder[]): PackFolder => {
  const ascent = ascend(folder.metadata.name, (name) => lookup(folders.find((it) => it.metadata.name === name)));
  return changed(folder, (it) => ({ ...it, status: folderStatus({ now: NOW, folder, ascent }) }));
};

const LOOP = [inFolder("f1", "f2"), inFolder("f2", "f1")];

const rows: readonly (readonly [sentence: string, folders: readonly PackFolder[], ready: string, says: string])[] = [
  ["at the top is ready", chain(1), "True Succeeded", "as it should be"],
  ["fifteen folders below the top is ready", chain(16), "True Succeeded", "as it should be"],
  ["sixteen folders below the top lies too deep", chain(17), "False AudienceUnknown", "more than 16 folders"],
  ["nineteen folders below the top lies too deep", chain(20), "False AudienceUnknown", "move this one further up"],
  ["whose parent is missing waits for it", [inFolder("f1", "gone")], "False FolderNotFound", "no PackFolder 'gone'"],
  ["in a folder whose parent is missing waits for that", chain(3).slice(0, 2), "False FolderNotFound", "'f3'"],
  ["in a loop waits for an end of it", LOOP, "False AudienceUnknown", "the folders form a loop at 'f1'"],
  ["in itself waits for an end of that", [inFolder("f1", "f1")], "False AudienceUnknown", "loop at 'f1'"],
];
test.each(rows)("a folder %s", (_, folders, ready, says) => {
  const folder = folders[0] ?? expect.fail("no folder");
  const after = lookedAt(folder, folders);
  const condition = conditionOf(after, "Ready");
  expect(`${condition?.status} ${condition?.reason}`).toBe(ready);
  expect(condition?.message).toContain(says);
  expect(kstatusOf(after)).toBe(ready.startsWith("True") ? "Current" : "InProgress");
  expect(conditionOf(after, "Accepted")?.status).toBe(ready.endsWith("AudienceUnknown") ? "False" : "True");
  expect(lookedAt(after, folders).status).toEqual(after.status);
});

test("a folder waits while its parent cannot be read", () => {
  const folder = inFolder("f1", "f2");
  const ascent = ascend("f1", (name) => (name === "f1" ? lookup(folder) : unknown("they cannot be listed")));
  const { conditions } = folderStatus({ now: NOW, folder, ascent });
  expect(conditions?.[0]).toMatchObject({ type: "Ready", status: "False", reason: "AudienceUnknown" });
});
