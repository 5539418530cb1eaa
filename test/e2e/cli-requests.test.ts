/** `packctl` against a real API server, as a process of its own and as different people. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { NAMESPACE, PACK_DEFINITION, PACK_ORGANIZATION, PACK_REQUEST, type Resource } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { PackRequest } from "../../src/api/v1alpha1/index.ts";
import { decideRequest } from "../../src/cli/requests/decide.ts";
import type { Client } from "../../src/kube/client.ts";
import { isConflict } from "../../src/kube/errors.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { clientFrom, describeCluster } from "../cluster/harness.ts";
import { applyObjects, installCrds } from "../cluster/manifests.ts";
import { packDefinition } from "../gen/objects.ts";
import { bundled, type Ended, packctl } from "../golden/program.ts";

const ANA = "ana@example.com";
const BEN = "ben@example.com";
const APPROVER = "approver@example.com";
const TEAM = "team-a";
const WRITE = { fieldManager: "test" } as const;

const rbac = (kind: string, name: string, rest: object): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind,
  metadata: { name },
  ...rest,
});

/** ANA may look at requests; the approver may answer them and write the organization's annotations, too. */
const RIGHTS: readonly KubeObject[] = [
  rbac("ClusterRole", "looks", {
    rules: [{ apiGroups: ["packs.dev"], resources: ["packrequests", "packdefinitions"], verbs: ["get", "list"] }],
  }),
  rbac("ClusterRole", "answers", {
    rules: [
      { apiGroups: ["packs.dev"], resources: ["packrequests"], verbs: ["get", "list", "patch"] },
      { apiGroups: ["packs.dev"], resources: ["packorganizations"], verbs: ["get", "patch"] },
      { apiGroups: ["packs.dev"], resources: ["packdefinitions"], verbs: ["approve"] },
    ],
  }),
  ...(
    [
      ["looks", ANA],
      ["answers", APPROVER],
    ] as const
  ).map(([role, user]) =>
    rbac("ClusterRoleBinding", role, {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    }),
  ),
];

describeCluster("packctl on a real API server", () => {
  let plane: ControlPlane;
  let admin: Client;
  let folder: string;
  let program: string;
  let kubeconfigs: Readonly<Record<string, string>>;

  const as = (user: string, ...args: readonly string[]): Promise<Ended> =>
    packctl([...args, "--kubeconfig", kubeconfigs[user] ?? ""], { program });

  const create = (resource: Resource, name: string, spec: object, namespace?: string): Promise<KubeObject> =>
    admin.create(
      resource,
      {
        apiVersion: resource.apiVersion,
        kind: resource.kind,
        metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
        spec,
      } as KubeObject,
      WRITE,
    );

  const ask = (name: string, pack: string, requester = ANA): Promise<KubeObject> =>
    create(PACK_REQUEST, name, { packRef: { name: pack }, requester, reason: `for ${name}` }, TEAM);

  const request = (name: string): Promise<PackRequest> => admin.get(PACK_REQUEST, { namespace: TEAM, name });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "packctl-e2e-"));
    [plane, program] = await Promise.all([startControlPlane({ controllerManager: false }), bundled(folder)]);
    admin = clientFrom(plane.kubeconfig);
    await installCrds(admin);
    await applyObjects(admin, RIGHTS);
    await admin.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: TEAM } }, WRITE);
    const files = [ANA, BEN, APPROVER].map(async (user) => [user, await plane.kubeconfigFor(user)] as const);
    kubeconfigs = Object.fromEntries(await Promise.all(files));
  });

  afterAll(async () => {
    await admin.close();
    await plane.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("requests are listed with counts per pack, over all namespaces", async () => {
    await ask("first", "crm");
    await ask("second", "crm", BEN);
    await ask("third", "jira");
    const { code, stdout, stderr } = await as(ANA, "requests", "list");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^crm +2 +0 +0 +2$/m);
    expect(stdout).toMatch(/^team-a +third +jira +ana@example.com +Pending +\S+ +for third$/m);
    const one = await as(ANA, "requests", "list", "-n", TEAM, "--pack", "jira", "-o", "json");
    expect(JSON.parse(one.stdout)).toMatchObject({
      kind: "RequestReport",
      packs: [{ pack: "jira", pending: 1 }],
      requests: [{ namespace: TEAM, name: "third", decision: "Pending" }],
    });
  });

  test("an answer is written in the name of the user who gives it, and an earlier one is replaced", async () => {
    await ask("answered", "crm");
    const denied = await as(APPROVER, "requests", "deny", "answered", "-n", TEAM, "--reason", "not this year");
    expect(denied).toMatchObject({ code: 0, stderr: "" });
    expect(denied.stdout).toBe(`PackRequest ${TEAM}/answered of ${ANA} for the pack 'crm': Denied by ${APPROVER}.\n`);
    expect((await request("answered")).spec).toMatchObject({
      decision: "Denied",
      decidedBy: APPROVER,
      decisionReason: "not this year",
    });
    const approved = await as(APPROVER, "requests", "approve", "answered", "-n", TEAM);
    expect(approved.stderr).toBe(`note: it was answered before: Denied by ${APPROVER}.\n`);
    expect((await request("answered")).spec).toEqual({
      packRef: { name: "crm" },
      requester: ANA,
      reason: "for answered",
      decision: "Approved",
      decidedBy: APPROVER,
    });
  });

  test("a denial without a reason is bad usage, and nothing is written", async () => {
    await ask("unanswered", "crm");
    const { code, stderr } = await as(APPROVER, "requests", "deny", "unanswered", "-n", TEAM);
    expect(code).toBe(2);
    expect(stderr).toContain("--reason");
    expect((await request("unanswered")).spec.decision).toBeUndefined();
  });

  it("shows a refusal in the API server's words", async () => {
    await ask("refused", "crm");
    const forbidden = await as(ANA, "requests", "approve", "refused", "-n", TEAM);
    expect(forbidden).toMatchObject({ code: 3, stdout: "" });
    expect(forbidden.stderr).toContain(`User "${ANA}" cannot patch resource "packrequests"`);
    const tooLong = await as(APPROVER, "requests", "deny", "refused", "-n", TEAM, "--reason", "x".repeat(1001));
    expect(tooLong).toMatchObject({ code: 3, stdout: "" });
    expect(tooLong.stderr).toContain("spec.decisionReason: Too long");
    const hidden = await as(BEN, "requests", "list");
    expect(hidden).toMatchObject({ code: 3, stdout: "" });
    expect(hidden.stderr).toContain(`User "${BEN}" cannot list resource "packrequests"`);
    expect((await request("refused")).spec.decision).toBeUndefined();
  });

  test("an answer to a request that changed in the meantime is refused", async () => {
    await ask("moving", "crm");
    const ref = { namespace: TEAM, name: "moving" };
    /** The requester edits while the approver's name is looked up. */
    const busy = {
      get: admin.get.bind(admin),
      mergePatch: admin.mergePatch.bind(admin),
      create: async (...args: Parameters<Client["create"]>) => {
        await admin.mergePatch(PACK_REQUEST, ref, { spec: { reason: "for everything" } }, WRITE);
        return admin.create(...args);
      },
    } as Client;
    await expect(decideRequest(busy, ref, { decision: "Approved" })).rejects.toSatisfy(isConflict);
    expect((await request("moving")).spec.decision).toBeUndefined();
  });

  test("a request that is not there ends with 1", async () => {
    const { code, stderr } = await as(APPROVER, "requests", "approve", "nothing", "-n", TEAM);
    expect(code).toBe(1);
    expect(stderr).toContain(`there is no PackRequest 'nothing' in the namespace '${TEAM}'`);
  });

  test("uninstalls are resumed by a new point in time on the organization", async () => {
    const missing = await as(APPROVER, "uninstall", "resume");
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    await create(PACK_ORGANIZATION, "default", { members: "Everyone" });
    const asked = async (): Promise<string> => {
      const { metadata } = await admin.get<KubeObject>(PACK_ORGANIZATION, { name: "default" });
      return metadata.annotations?.[ANNOTATION.uninstallResumeRequestedAt] ?? "";
    };
    const first = await as(APPROVER, "uninstall", "resume");
    expect(first.code).toBe(0);
    expect(first.stderr).toContain("the guard has stopped no uninstall");
    const value = await asked();
    expect(new Date(value).toISOString()).toBe(value);
    expect((await as(APPROVER, "uninstall", "resume")).code).toBe(0);
    expect((await asked()) > value).toBe(true);
    const forbidden = await as(ANA, "uninstall", "resume");
    expect(forbidden.code).toBe(3);
    expect(forbidden.stderr).toContain("packorganizations");
  });

  test("the schema of a pack and the names for completion come from the cluster", async () => {
    await create(PACK_DEFINITION, "crm", packDefinition("crm").spec);
    const { code, stdout } = await as(ANA, "schema", "crm", "-o", "json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ $id: "https://packs.dev/schemas/packs/crm.json" });
    expect(await as(ANA, "schema", "jira")).toMatchObject({ code: 1, stdout: "" });
    const kubeconfig = kubeconfigs[ANA] ?? "";
    const names = (kind: string, ...words: readonly string[]): Promise<Ended> =>
      packctl(["__names", kind, "--", ...words, "--kubeconfig", kubeconfig], { program });
    expect((await names("pack", "schema")).stdout).toBe("crm\n");
    expect((await names("request", "requests", "approve", "-n", TEAM)).stdout).toContain("first\n");
    expect(await names("install", "status", "-n", TEAM)).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
