import { describe, expect, test } from "vitest";
import { inNamespace, packInstall } from "../../test/gen/objects.ts";
import { LABEL } from "../api/names.ts";
import { belongsToAnother, childLabels, childMeta, childName } from "./identity.ts";

const LABEL_VALUE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A small generator of numbers with a fixed seed (mulberry32). */
const numbers = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

describe("the name of a child", () => {
  const long = "a".repeat(63);
  const rows: readonly (readonly [sentence: string, namespace: string, name: string])[] = [
    ["of short names", "team", "crm"],
    ["of the longest names", long, long],
    ["of a name that is cut at a hyphen", "team", `${"a".repeat(45)}-${"b".repeat(17)}`],
    ["of a name that is cut in a row of hyphens", "team", `${"a".repeat(40)}${"-".repeat(10)}${"b".repeat(13)}`],
    ["of a name of one character", "t", "c"],
  ];
  test.each(rows)(
    "%s is a label value of 63 characters at most, and reads like the install's",
    (_, namespace, name) => {
      const child = childName(namespace, name);
      expect(child).toMatch(LABEL_VALUE);
      expect(child.length).toBeLessThanOrEqual(63);
      expect(child.startsWith(name.slice(0, 40))).toBe(true);
    },
  );

  test("has 63 characters for a long name", () => {
    expect(childName("team", long)).toHaveLength(63);
  });

  test("is the same for the same namespace and name", () => {
    expect(childName("team", "crm")).toBe(childName("team", "crm"));
  });

  test("is another one for one name in two namespaces", () => {
    expect(childName("team-a", "crm")).not.toBe(childName("team-b", "crm"));
  });

  test("is another one where only the border between namespace and name moves", () => {
    expect(childName("team-a", "crm")).not.toBe(childName("team", "a-crm"));
  });

  test("is another one for names that differ behind the cut", () => {
    expect(childName("team", `${"a".repeat(60)}x`)).not.toBe(childName("team", `${"a".repeat(60)}y`));
  });

  test("is another one for each of 10,000 random names, each of them safe", () => {
    const random = numbers(1);
    const text = (): string => {
      const length = 1 + Math.floor(random() * 63);
      const inner = Array.from({ length }, (_, at) =>
        at > 0 && at < length - 1 && random() < 0.1 ? "-" : ALPHABET[Math.floor(random() * ALPHABET.length)],
      );
      return inner.join("");
    };
    const installs = new Set(Array.from({ length: 10_000 }, () => `${text()}/${text()}`));
    const children = new Set([...installs].map((key) => childName(...(key.split("/") as [string, string]))));
    expect(children.size).toBe(installs.size);
    expect([...children].filter((name) => name.length > 63 || !LABEL_VALUE.test(name))).toEqual([]);
  });
});

describe("a child", () => {
  const install = packInstall("crm", inNamespace("team"));

  test("carries the labels by which it is found", () => {
    expect(childLabels(install)).toEqual({
      "app.kubernetes.io/managed-by": "packs-operator",
      "packs.dev/pack": "crm",
      "packs.dev/install": "crm",
      "packs.dev/install-namespace": "team",
      "packs.dev/install-uid": "uid-of-crm",
    });
  });

  const child = { metadata: childMeta(install, "packs-sandboxes") };
  const of = (labels: Record<string, string>) => ({ metadata: { ...child.metadata, labels } });

  test("belongs to the install whose UID it records", () => {
    expect(belongsToAnother(child, install)).toBe(false);
  });

  test("belongs to another one if it records another UID", () => {
    expect(belongsToAnother(of({ [LABEL.installUid]: "another" }), install)).toBe(true);
  });

  test("is ours by name if it lost its label", () => {
    expect(belongsToAnother(of({}), install)).toBe(false);
  });
});
