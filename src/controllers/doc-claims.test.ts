import { describe, expect, test } from "vitest";
import { boundTo, changed, packConfiguration, packInstall } from "../../test/gen/objects.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import { Store } from "../runtime/store.ts";
import { DocClaims } from "./doc-claims.ts";

const named = (name: string, uid: string): PackInstall =>
  changed(packInstall(name), (it) => ({ ...it, metadata: { ...it.metadata, uid } }));

const storeOf = (...installs: readonly PackInstall[]): Store<PackInstall> => {
  const store = new Store<PackInstall>({ uid: ({ metadata }) => [metadata.uid ?? ""] });
  store.begin();
  for (const value of installs) {
    const { name, uid = "" } = value.metadata;
    store.stage({ key: name, uid, resourceVersion: "1", deleting: false, value });
  }
  store.commit("1");
  return store;
};

const a = named("a", "1");
const b = named("b", "2");

describe("a doc", () => {
  test("is claimed by one install at a time", () => {
    const claims = new DocClaims(storeOf(a, b));
    expect([claims.claim(a), claims.claim(b), claims.claim(a)]).toEqual([true, false, true]);
  });

  test("is free again once the holder will not be bound", () => {
    const claims = new DocClaims(storeOf(a, b));
    claims.claim(a);
    claims.release(b);
    expect(claims.claim(b)).toBe(false);
    claims.release(a);
    expect(claims.claim(b)).toBe(true);
  });

  test("is left to the rules once the holder is bound, for they see that", () => {
    const bound = changed(a, boundTo(packConfiguration("members")));
    const claims = new DocClaims(storeOf(bound, b));
    claims.claim(bound);
    expect(claims.claim(b)).toBe(true);
  });

  test("is free once the holder is gone", () => {
    const claims = new DocClaims(storeOf(b));
    claims.claim(a);
    expect(claims.claim(b)).toBe(true);
  });
});
