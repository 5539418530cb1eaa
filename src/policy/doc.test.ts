import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ANN, changed, createdAt, inNamespace, NOW, packDocObject, withMeta, withUid } from "../../test/gen/objects.ts";
import type { PackDoc } from "../api/v1alpha1/index.ts";
import type { Audience } from "./audience.ts";
import { claimsOf, docUrl, isNamed, namespaceDoc, packDoc, rivalOf } from "./doc.ts";
import { absent, found } from "./truth.ts";

const AUDIENCE: Audience = { entries: [{ kind: "User", name: ANN }], folders: [] };

const docAt = (name: string, age: number, spec: Partial<PackDoc["spec"]>, uid = name): PackDoc =>
  changed(packDocObject(name, spec), createdAt(NOW - age), withUid(uid));

const designations = (doc: PackDoc, ...others: readonly PackDoc[]): readonly string[] =>
  packDoc(doc, AUDIENCE, [doc, ...others]).designations;

describe("what a doc is called", () => {
  test("is its namespace and name", () => {
    expect(designations(docAt("plan", 1_000, {}))).toEqual(["team/plan"]);
  });

  test("S1-27 is its id and its URL, too", () => {
    const doc = docAt("plan", 1_000, { id: "D-1", url: "https://docs.example.com/d/plan" });
    expect(designations(doc)).toEqual(["team/plan", "D-1", "https://docs.example.com/d/plan"]);
  });

  test("is not a URL without a normal form", () => {
    const doc = docAt("plan", 1_000, { id: "D-1", url: "https://docs.example.com/a%2Fb" });
    expect(designations(doc)).toEqual(["team/plan", "D-1"]);
  });

  test("is the namespace where there is no PackDoc", () => {
    expect(namespaceDoc("team", absent)).toMatchObject({
      designations: ["team"],
      owner: { state: "absent" },
      audience: { state: "unknown" },
    });
  });

  test("goes with its owner and audience", () => {
    const doc = docAt("plan", 1_000, {});
    expect(packDoc(doc, AUDIENCE, [doc])).toMatchObject({ owner: found(ANN), audience: found(AUDIENCE) });
  });
});

describe("of two docs with one id", () => {
  const id = "D-1";
  const rows: readonly (readonly [sentence: string, other: PackDoc, holds: boolean])[] = [
    ["the older one has it", docAt("other", 2_000, { id }), false],
    ["the younger one has it not", docAt("other", 0, { id }), true],
    ["of one second, the one with the smaller UID has it", docAt("other", 1_000, { id }, "a"), false],
    ["of one second, the one with the greater UID has it not", docAt("other", 1_000, { id }, "z"), true],
    ["another id is nobody's rival", docAt("other", 2_000, { id: "D-2" }), true],
    ["an id in another case is another id", docAt("other", 2_000, { id: "d-1" }), true],
    ["an older one in another namespace has it", changed(docAt("plan", 2_000, { id }, "a"), inNamespace("b")), false],
  ];
  test.each(rows)("%s", (_, other, holds) => {
    const doc = docAt("plan", 1_000, { id }, "m");
    expect(designations(doc, other).includes(id)).toBe(holds);
    expect(rivalOf(doc, `id:${id}`, [doc, other])).toBe(holds ? undefined : other);
  });

  test("without UIDs, as in files, exactly one has it", () => {
    const bare = (name: string): PackDoc =>
      changed(packDocObject(name, { id }), (doc) => ({ ...doc, metadata: { name, namespace: "team" } }));
    const [a, b] = [bare("a"), bare("b")];
    expect(designations(a, b)).toContain(id);
    expect(designations(b, a)).not.toContain(id);
  });

  test("the one that lost still has its name and its own URL", () => {
    const doc = docAt("plan", 1_000, { id, url: "https://docs.example.com/plan" });
    expect(designations(doc, docAt("other", 2_000, { id }))).toEqual(["team/plan", "https://docs.example.com/plan"]);
  });

  test("the rival is the oldest of several", () => {
    const rivals = [docAt("b", 2_000, { id }), docAt("a", 3_000, { id }), docAt("c", 2_500, { id })];
    expect(rivalOf(docAt("plan", 1_000, { id }), `id:${id}`, rivals)?.metadata.name).toBe("a");
  });

  test("exactly one of any number has it, in whatever order they are listed", () => {
    const drafts = fc.uniqueArray(fc.record({ age: fc.integer({ min: 0, max: 2 }), uid: fc.uuid() }), {
      selector: ({ uid }) => uid,
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(drafts, (list) => {
        const docs = list.map(({ age, uid }, index) => docAt(`d${index}`, age * 1_000, { id }, uid));
        const holders = (order: readonly PackDoc[]) =>
          docs.filter((doc) => rivalOf(doc, `id:${id}`, order) === undefined);
        expect(holders(docs)).toHaveLength(1);
        expect(holders(docs.toReversed())).toEqual(holders(docs));
      }),
    );
  });
});

describe("the URL of a doc", () => {
  const same: readonly (readonly [sentence: string, url: string])[] = [
    ["in its normal form", "https://docs.example.com/d/plan"],
    ["with the host in upper case", "https://DOCS.example.com/d/plan"],
    ["with the port that it has anyway", "https://docs.example.com:443/d/plan"],
    ["with dots to resolve", "https://docs.example.com/d/x/../plan"],
    ["with a letter escaped", "https://docs.example.com/d/%70lan"],
  ];
  test.each(same)("is the same %s", (_, url) => {
    expect(docUrl(url)).toBe("https://docs.example.com/d/plan");
    const doc = packDoc(docAt("plan", 0, { id: "D-1", url: "https://docs.example.com/d/plan" }), AUDIENCE, []);
    expect(isNamed(doc, [url])).toBe(true);
    expect(claimsOf({ spec: { owner: ANN, id: "D-1", url } })).toEqual([
      "id:D-1",
      "url:https://docs.example.com/d/plan",
    ]);
  });

  const other: readonly (readonly [sentence: string, url: string])[] = [
    ["with another path", "https://docs.example.com/d/plan2"],
    ["with the path in another case", "https://docs.example.com/d/Plan"],
    ["with a slash at its end", "https://docs.example.com/d/plan/"],
    ["with a query", "https://docs.example.com/d/plan?x=1"],
    ["without encryption", "http://docs.example.com/d/plan"],
    ["with a user name", "https://docs.example.com@evil.net/d/plan"],
  ];
  test.each(other)("is another %s", (_, url) => {
    const doc = packDoc(docAt("plan", 0, { id: "D-1", url: "https://docs.example.com/d/plan" }), AUDIENCE, []);
    expect(isNamed(doc, [url])).toBe(false);
  });
});

describe("a list of docs names a doc", () => {
  const doc = packDoc(docAt("plan", 0, { id: "D-1" }), AUDIENCE, []);
  const rows: readonly (readonly [sentence: string, allowed: readonly string[], named: boolean])[] = [
    ["by its namespace and name", ["x/y", "team/plan"], true],
    ["by its id", ["D-1"], true],
    ["and not by its name alone", ["plan"], false],
    ["and not by its namespace", ["team"], false],
    ["and not by a name in another case", ["team/Plan"], false],
    ["and not if it is empty", [], false],
  ];
  test.each(rows)("%s", (_, allowed, named) => {
    expect(isNamed(doc, allowed)).toBe(named);
  });

  test("that is a namespace by the namespace's name, and never by the name of a doc in it", () => {
    const namespace = namespaceDoc("team", absent);
    expect(isNamed(namespace, ["team"])).toBe(true);
    expect(isNamed(namespace, ["team/plan", "team/"])).toBe(false);
  });

  test("unless it is called by an id that belongs to an older doc", () => {
    const younger = packDoc(docAt("copy", 0, { id: "D-1" }), AUDIENCE, [docAt("plan", 1_000, { id: "D-1" })]);
    expect(isNamed(younger, ["D-1"])).toBe(false);
    expect(isNamed(younger, ["team/copy"])).toBe(true);
  });

  test("that is moved to another namespace is another doc", () => {
    const moved = changed(docAt("plan", 0, {}), withMeta({ namespace: "other" }));
    expect(isNamed(packDoc(moved, AUDIENCE, []), ["team/plan"])).toBe(false);
  });
});
