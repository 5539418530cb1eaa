import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ANN, packDocObject, packFolder, share } from "../../test/gen/objects.ts";
import type { PackFolder } from "../api/v1alpha1/index.ts";
import { ascend, audienceOf, MAX_FOLDER_DEPTH } from "./audience.ts";
import { lookup, unknown } from "./truth.ts";

const among =
  (...folders: readonly PackFolder[]) =>
  (name: string) =>
    lookup(folders.find((folder) => folder.metadata.name === name));

/** `f1` in `f2` in ... `f<depth>`, each shared with a group of its own. */
const chain = (depth: number): readonly PackFolder[] =>
  Array.from({ length: depth }, (_, index) =>
    packFolder(`f${index + 1}`, {
      sharing: [share("Group", `g${index + 1}`)],
      ...(index + 1 < depth ? { parentRef: { name: `f${index + 2}` } } : {}),
    }),
  );

const doc = (folder?: string) =>
  packDocObject("plan", {
    sharing: [share("User", "ben@example.com"), share("Anyone")],
    ...(folder === undefined ? {} : { folderRef: { name: folder } }),
  });

const OWN = [
  { kind: "User", name: ANN },
  { kind: "User", name: "ben@example.com" },
  { kind: "Anyone", name: "*" },
];

describe("the audience of a doc", () => {
  test("is its owner and whom it is shared with", () => {
    expect(audienceOf(doc(), among())).toEqual({ entries: OWN, folders: [] });
  });

  test("is its owner alone if it is shared with nobody", () => {
    expect(audienceOf(packDocObject("plan"), among()).entries).toEqual([{ kind: "User", name: ANN }]);
  });

  test("S1-67 has everybody whom a folder above it is shared with, and from which folder that is", () => {
    expect(audienceOf(doc("f1"), among(...chain(2)))).toEqual({
      entries: [...OWN, { kind: "Group", name: "g1", folder: "f1" }, { kind: "Group", name: "g2", folder: "f2" }],
      folders: ["f1", "f2"],
    });
  });

  const depths: readonly (readonly [depth: number, whole: boolean])[] = [
    [1, true],
    [15, true],
    [16, true],
    [17, false],
    [20, false],
  ];
  test.each(depths)("in %i folders: known whole is %s", (depth, whole) => {
    const audience = audienceOf(doc("f1"), among(...chain(depth)));
    expect(audience.incomplete === undefined).toBe(whole);
    expect(audience.broken).toBe(whole ? undefined : "deep");
    expect(audience.folders).toHaveLength(Math.min(depth, MAX_FOLDER_DEPTH));
    expect(audience.entries).toHaveLength(OWN.length + Math.min(depth, MAX_FOLDER_DEPTH));
  });

  const loops: readonly (readonly [sentence: string, folders: readonly PackFolder[], at: string])[] = [
    ["in itself", [packFolder("f1", { parentRef: { name: "f1" } })], "f1"],
    [
      "in one that lies in it",
      [packFolder("f1", { parentRef: { name: "f2" } }), packFolder("f2", { parentRef: { name: "f1" } })],
      "f1",
    ],
    [
      "below two that lie in each other",
      [
        packFolder("f1", { parentRef: { name: "f2" } }),
        packFolder("f2", { parentRef: { name: "f3" } }),
        packFolder("f3", { parentRef: { name: "f2" } }),
      ],
      "f2",
    ],
    [
      "at the bottom of sixteen in a ring",
      [...chain(15), packFolder("f16", { parentRef: { name: "f1" } })].map((it, index) =>
        index === 14 ? packFolder("f15", { parentRef: { name: "f16" } }) : it,
      ),
      "f1",
    ],
  ];
  test.each(loops)("is not known whole if its folder lies %s", (_, folders, at) => {
    const audience = audienceOf(doc("f1"), among(...folders));
    expect(audience.incomplete).toBe(`the folders form a loop at '${at}'`);
    expect(audience.broken).toBe("loop");
    expect(audience.folders).toHaveLength(folders.length);
  });

  test("is not known whole if a folder is missing, whose children still count", () => {
    const audience = audienceOf(doc("f1"), among(...chain(3).slice(0, 2)));
    expect(audience).toMatchObject({ incomplete: "there is no PackFolder 'f3' in this namespace", broken: "missing" });
    expect(audience.entries.map(({ name }) => name)).toContain("g2");
  });

  test("is not known whole while the folders cannot be listed", () => {
    const audience = audienceOf(doc("f1"), () => unknown("PackFolder objects cannot be listed at present"));
    expect(audience).toMatchObject({
      incomplete: "the PackFolder 'f1' cannot be read: PackFolder objects cannot be listed at present",
      broken: "unreadable",
    });
  });
});

describe("the way up from a folder", () => {
  test("has the folder itself first", () => {
    expect(ascend("f1", among(...chain(2))).names).toEqual(["f1", "f2"]);
  });

  test("ends, whatever lies in what", () => {
    const names = Array.from({ length: 24 }, (_, index) => `f${index}`);
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.constantFrom(...names), { nil: undefined }), { minLength: 24, maxLength: 24 }),
        (parents) => {
          const folders = parents.map((parent, index) =>
            packFolder(`f${index}`, parent === undefined ? {} : { parentRef: { name: parent } }),
          );
          const { broken, names: above } = ascend("f0", among(...folders));
          expect(new Set(above).size).toBe(above.length);
          expect(above.length).toBeLessThanOrEqual(MAX_FOLDER_DEPTH);
          const top = folders.find(({ metadata }) => metadata.name === above.at(-1));
          expect(broken === undefined).toBe(top?.spec.parentRef === undefined);
        },
      ),
    );
  });
});
