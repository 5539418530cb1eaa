import { describe, expect, test } from "vitest";
import { type Manifest, parseManifests } from "./manifest.ts";

const parse = (text: string) => parseManifests({ name: "a.yaml", text });
const only = (text: string): Manifest => {
  const [manifest] = parse(text).manifests;
  if (manifest === undefined) throw new Error("no object");
  return manifest;
};
const HEAD = "apiVersion: v1\nkind: Thing\nmetadata:\n  name: a\n";

describe("places", () => {
  const manifest = only(`---\n# a comment\n${HEAD}spec:\n  list:\n    - one: 1\n    - {two: 2}\n  empty:\n`);

  test.each([
    [["spec", "list", 1, "two"], "value", 10, 13],
    [["spec", "list", 1, "two"], "key", 10, 8],
    [["spec", "list", 0], "value", 9, 7],
    [["metadata", "name"], "value", 6, 9],
    [["metadata", "name"], "key", 6, 3],
    [["spec", "nothing", "below"], "value", 7, 1],
    [["spec", "list", 7], "value", 8, 3],
    [[], "value", 3, 1],
  ] as const)("%j (%s) is at %i:%i", (path, at, line, column) => {
    expect(manifest.locate(path, at)).toEqual({ file: "a.yaml", line, column });
  });
});

describe("reading", () => {
  test("several documents, lists and JSON are read; empty documents are none", () => {
    const text = `${HEAD}---\n---\n# nothing\n---\n{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Other","metadata":{"name":"b","namespace":"n"}}]}\n`;
    expect(parse(text).manifests.map(({ kind, name, namespace }) => [kind, name, namespace])).toEqual([
      ["Thing", "a", undefined],
      ["Other", "b", "n"],
    ]);
    expect(parse(text).manifests[1]?.locate(["metadata", "name"]).line).toBe(9);
  });

  test("words mean what they mean to kubectl", () => {
    const { object } = only(
      `${HEAD}spec: {off: Off, yes: yes, time: 12:30, day: 2026-11-23, octal: 0777, text: "Off"}\n`,
    );
    expect(object["spec"]).toEqual({
      false: false,
      true: true,
      time: "12:30",
      day: "2026-11-23",
      octal: 511,
      text: "Off",
    });
  });

  test.each([
    ["broken YAML", "a: [1\nb: 2\n", "NotYaml"],
    ["a key that stands twice", `${HEAD}spec: {a: 1, a: 2}\n`, "NotYaml"],
    ["text", "just text\n", "NotAnObject"],
    ["a list", "- a\n", "NotAnObject"],
    ["an object without a kind", "apiVersion: v1\n", "NotAnObject"],
    ["an object without a version", "kind: Thing\n", "NotAnObject"],
    [
      "aliases that multiply",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      "NotYaml",
    ],
  ] as const)("%s is reported and does no harm", (_, text, why) => {
    const { manifests, unreadable } = parse(text);
    expect(manifests).toEqual([]);
    expect(unreadable[0]).toMatchObject({ why, place: { file: "a.yaml" } });
  });

  test("a broken document does not hide the others", () => {
    const { manifests, unreadable } = parse(`${HEAD}---\na: [1\n---\n${HEAD}`);
    expect([manifests.length, unreadable.length]).toEqual([2, 1]);
  });
});
