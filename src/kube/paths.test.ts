import { describe, expect, test } from "vitest";
import { NAMESPACE, PACK_DEFINITION, PACK_GRANT, POD } from "../api/kinds.ts";
import { collectionPath, objectPath, queryOf } from "./paths.ts";

describe("a path", () => {
  test.each([
    ["a core kind", collectionPath(POD, "a"), "/api/v1/namespaces/a/pods"],
    ["a core kind everywhere", collectionPath(POD), "/api/v1/pods"],
    ["a cluster-scoped core kind", objectPath(NAMESPACE, { name: "a" }), "/api/v1/namespaces/a"],
    ["a kind of a group", collectionPath(PACK_GRANT, "a"), "/apis/packs.dev/v1alpha1/namespaces/a/packgrants"],
    [
      "a cluster-scoped kind, whatever namespace is given",
      objectPath(PACK_DEFINITION, { namespace: "a", name: "b" }),
      "/apis/packs.dev/v1alpha1/packdefinitions/b",
    ],
    [
      "a subresource",
      objectPath(PACK_GRANT, { namespace: "a", name: "b" }, "status"),
      "/apis/packs.dev/v1alpha1/namespaces/a/packgrants/b/status",
    ],
    ["a name with a slash", objectPath(NAMESPACE, { name: "a/b?c" }), "/api/v1/namespaces/a%2Fb%3Fc"],
  ])("names %s", (_what, path, expected) => {
    expect(path).toBe(expected);
  });

  test.each([
    ["a name", () => objectPath(POD, { namespace: "a", name: "" })],
    ["a namespace", () => objectPath(POD, { name: "b" })],
    ["a name that stays in the collection", () => objectPath(POD, { namespace: "a", name: ".." })],
    ["a namespace that is one", () => collectionPath(POD, ".")],
  ])("is not made without %s", (_what, make) => {
    expect(make).toThrow(TypeError);
  });
});

test("a query holds what was given, escaped", () => {
  expect(queryOf({ labelSelector: "a in (b,c)", limit: 500, continue: undefined, fieldSelector: "" })).toBe(
    "?labelSelector=a%20in%20(b%2Cc)&limit=500",
  );
  expect(queryOf({ continue: undefined })).toBe("");
});
