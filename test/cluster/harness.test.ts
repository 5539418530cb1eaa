import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Resource } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Client } from "../../src/kube/client.ts";
import { eventually } from "./eventually.ts";
import { clientFrom, describeCluster, freshNamespace, sharedCluster } from "./harness.ts";
import { installConfig, installCrds, readObjects, resourceOf } from "./manifests.ts";

describe("eventually", () => {
  it("answers with what the check found", async () => {
    let left = 3;
    expect(await eventually("it counts down", () => (left-- > 0 ? undefined : "done"), { everyMs: 1 })).toBe("done");
  });

  it("fails with the wish, the deadline and the last reason", async () => {
    const never = () => Promise.reject(new Error("still 2 pods"));
    const attempt = eventually("the pods are gone", never, { deadlineMs: 20, everyMs: 5 });
    await expect(attempt).rejects.toMatchObject({
      message: "not within 0.02 s: the pods are gone",
      cause: { message: "still 2 pods" },
    });
  });
});

describe("addresses of kinds", () => {
  it.each([
    ["NetworkPolicy", "networkpolicies"],
    ["ServiceAccount", "serviceaccounts"],
    ["IngressClass", "ingressclasses"],
    ["ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings"],
  ])("finds the plural of %s", (kind, plural) => {
    expect(resourceOf({ apiVersion: "v1", kind, metadata: { name: "a" } })).toMatchObject({
      plural,
      namespaced: false,
    });
  });
});

describeCluster("manifests", () => {
  const GADGET: Resource = {
    apiVersion: "harness.packs.test/v1",
    kind: "Gadget",
    plural: "gadgets",
    namespaced: true,
  };
  let scratch: string;
  let admin: Client;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "packs-manifests-"));
    admin = clientFrom((await sharedCluster()).endpoint.kubeconfig);
  });

  afterAll(async () => {
    rmSync(scratch, { recursive: true, force: true });
    await admin?.close();
  });

  function write(file: string, text: string): void {
    mkdirSync(join(scratch, file, ".."), { recursive: true });
    writeFileSync(join(scratch, file), text);
  }

  it("serves a kind as soon as its definition is installed", async () => {
    write(
      "crds/gadgets.yaml",
      `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gadgets.harness.packs.test }
spec:
  group: harness.packs.test
  scope: Namespaced
  names: { kind: Gadget, plural: gadgets }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`,
    );
    await installCrds(admin, join(scratch, "crds"));
    const namespace = await freshNamespace(admin, "gadgets");
    const gadget: KubeObject = { apiVersion: GADGET.apiVersion, kind: GADGET.kind, metadata: { namespace, name: "a" } };
    const created = await admin.create(GADGET, gadget, { fieldManager: "test" });
    expect(created.metadata.uid).toBeDefined();
  });

  it("applies namespaces before what lives in them, and may do so again", async () => {
    write("config/namespaces/all.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: harness-config }\n");
    const account = (name: string) =>
      `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name}, namespace: harness-config }\n`;
    write("config/rbac/accounts.yaml", `${account("a")}---\n${account("b")}---\n`);
    write("config/policies/README.md", "not a manifest");
    await installConfig(admin, join(scratch, "config"));
    await installConfig(admin, join(scratch, "config"));
    const objects = readObjects(join(scratch, "config", "rbac"));
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
    for (const { metadata } of objects) {
      await admin.get(resourceOf(objects[0]!), { namespace: "harness-config", name: metadata.name });
    }
  });
});
