/** The controller holds exactly the rights that it needs: each is used, none is missing, and none reaches a Secret. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  API_VERSION,
  PACK_ACCOUNT,
  PACK_DOC,
  PACK_FOLDER,
  PACK_GROUP,
  PACK_REQUEST,
  PACK_REVIEW,
  POD,
  type Resource,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { ANNOTATION, CONTROLLER_USER, LABEL, SANDBOX_NAMESPACE } from "../../src/api/names.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { childName } from "../../src/resources/identity.ts";
import { eventually } from "../cluster/eventually.ts";
import { clientFrom, describeCluster } from "../cluster/harness.ts";
import { readObjects } from "../cluster/manifests.ts";
import { denied } from "../gen/objects.ts";
import { AuditLog, resourceOf } from "./audit.ts";
import { nothingLeft, Stage, untilOrganization, untilSeen } from "./kit.ts";
import { ApiProxy } from "./proxy.ts";

const ROLES = join(import.meta.dirname, "..", "..", "config", "rbac", "controller.yaml");

type Role = KubeObject & {
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
};

/** One right: `packs-sandboxes: delete pods`; for a single object `packs-system: get leases packs-controller`. */
const rightsOf = ({ metadata, rules = [] }: Role): readonly string[] =>
  rules.flatMap(({ apiGroups, resourceNames, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          (resourceNames ?? [""]).map((name) =>
            [metadata.namespace ?? "everywhere", verb, group, resource, name].join(" ").trim(),
          ),
        ),
      ),
    ),
  );

const SECRET: Resource = { apiVersion: "v1", kind: "Secret", plural: "secrets", namespaced: true };
const REVIEW: Resource = {
  apiVersion: "authorization.k8s.io/v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
};

const isDone = (code = 0): boolean => code >= 200 && code < 300;

describeCluster("the controller's rights", () => {
  let stage: Stage;
  let audit: AuditLog;

  beforeAll(async () => {
    audit = await AuditLog.create(CONTROLLER_USER);
    stage = await Stage.start({ plane: { apiServerFlags: audit.flags } });
    const controller = stage.launch();
    await controller.ready();
    await controller.leading();
    // Twice the same event is one event and a patch of its count; the controller writes it when it stops.
    await everything();
    await controller.stop();
    await withoutStreamingLists();
  });

  afterAll(async () => {
    await stage?.stop();
    await audit?.remove();
  });

  /** One of each of the other kinds: a status is written to it. */
  const OTHERS: readonly (readonly [Resource, object])[] = [
    [PACK_REVIEW, { packRef: { name: "crm" }, reviewDigest: `sha256:${"0".repeat(64)}`, reviewer: "admin" }],
    [PACK_ACCOUNT, { packRef: { name: "crm" }, owner: "admin", credential: { secretRef: { name: "token" } } }],
    [PACK_REQUEST, { packRef: { name: "crm" }, requester: "admin", reason: "we need it" }],
    [PACK_GROUP, { members: [] }],
    [PACK_DOC, { owner: "admin" }],
    [PACK_FOLDER, {}],
  ];

  /** As with an API server that knows no streaming lists: then it lists page by page. */
  const withoutStreamingLists = async (): Promise<void> => {
    const proxy = await ApiProxy.open(stage.plane.endpoint);
    const body = JSON.stringify({ kind: "Status", code: 422, reason: "Invalid" });
    proxy.rule = ({ query }) => (query.includes("sendInitialEvents") ? { status: 422, body } : "forward");
    const controller = stage.launch({ kubeconfig: await stage.identityAt(proxy.url), args: ["--no-leader-elect"] });
    await controller.ready();
    await controller.stop();
    await proxy.close();
  };

  /** All that the controller ever does, once. */
  const everything = async (): Promise<void> => {
    const scene = await stage.scene("rights");
    const definition = await scene.define();
    const configuration = await scene.configure();
    const install = await scene.install();
    await scene.ready();
    await untilOrganization(stage, { Ready: "True" });
    await stage.edit(definition, { networkDomains: [] });
    await scene.untilChildren("the way out is closed", (it) => (it.policy?.spec.egress ?? []).length === 0);
    await scene.ready();
    const ref = { namespace: SANDBOX_NAMESPACE, name: childName(scene.name, "crm") };
    const unlabelled = { metadata: { labels: { [LABEL.sandbox]: null } } };
    await stage.saboteur.mergePatch(POD, ref, unlabelled, { fieldManager: "test" });
    await scene.untilChildren("the label is back", (it) => it.pod?.metadata.labels?.[LABEL.sandbox] === "true");
    for (const suffix of ["no", "never"]) {
      const denial = await scene.configure(suffix, denied());
      await scene.until("crm", { Installed: "False PackDenied" });
      await stage.remove(denial);
      await stage.annotate(install, { [ANNOTATION.reinstallRequestedAt]: suffix });
      await scene.ready();
    }
    await stage.remove(configuration);
    await scene.until("crm", { Installed: "False ConfigurationDeleted" });
    await stage.remove(await scene.get());
    await scene.untilChildren("nothing is left", nothingLeft);
    const other = await stage.scene("rights-end");
    await other.running();
    await stage.remove(await other.get());
    await other.untilChildren("nothing is left", nothingLeft);
    for (const [resource, spec] of OTHERS) {
      const metadata = { name: scene.name, ...(resource.namespaced ? { namespace: scene.name } : {}) };
      const object = { apiVersion: API_VERSION, kind: resource.kind, metadata, spec };
      await untilSeen(stage, await stage.create(object));
    }
  };

  it("are all used, and each by what it is for", () => {
    const roles = readObjects(ROLES).filter(({ kind }) => kind === "Role" || kind === "ClusterRole") as readonly Role[];
    const used = new Set(
      audit.entries().flatMap((entry) => {
        const { objectRef, verb } = entry;
        const where = [objectRef?.namespace ?? "everywhere", "everywhere"];
        const what = `${verb} ${objectRef?.apiGroup ?? ""} ${resourceOf(entry)}`;
        return where.flatMap((place) => [`${place} ${what}`, `${place} ${what} ${objectRef?.name}`]);
      }),
    );
    const unused = roles.flatMap(rightsOf).filter((right) => !used.has(right));
    expect(roles.length).toBeGreaterThan(2);
    expect(unused).toEqual([]);
  });

  it("are enough: no call was refused", () => {
    const refused = audit.entries().filter(({ responseStatus }) => [401, 403].includes(responseStatus?.code ?? 0));
    expect(audit.entries().length).toBeGreaterThan(100);
    expect(refused.map((entry) => `${entry.verb} ${entry.requestURI}`)).toEqual([]);
  });

  it("come from the roles in config/rbac and from nowhere else", () => {
    const answered = audit.entries().filter(({ responseStatus }) => isDone(responseStatus?.code));
    const reasons = new Set(answered.map(({ annotations }) => annotations?.["authorization.k8s.io/reason"] ?? ""));
    for (const reason of reasons) {
      expect(reason).toMatch(/packs-controller(\/packs-(system|sandboxes))?" of (Cluster)?Role "packs-controller"/);
    }
  });

  it("use no list in pages of everything, no deletion of collections and no impersonation", () => {
    const verbs = new Set(audit.entries().map(({ verb }) => verb));
    expect([...verbs].sort()).toEqual(["create", "delete", "get", "list", "patch", "update", "watch"]);
  });

  it("do not reach a Secret, by any verb, in any namespace", async () => {
    const client = clientFrom(stage.identity);
    for (const namespace of ["packs-system", "packs-sandboxes", "default", "kube-system", ""]) {
      for (const verb of ["get", "list", "watch", "create", "update", "patch", "delete"]) {
        const review = {
          apiVersion: REVIEW.apiVersion,
          kind: REVIEW.kind,
          metadata: {},
          spec: { resourceAttributes: { namespace, verb, resource: "secrets" } },
        };
        const answer = await client.create(REVIEW, review as unknown as KubeObject, { fieldManager: "test" });
        expect((answer as unknown as { status: { allowed: boolean } }).status.allowed, `${verb} in ${namespace}`).toBe(
          false,
        );
      }
    }
    for (const call of [
      () => client.get(SECRET, { namespace: "packs-system", name: "any" }),
      () => client.list(SECRET, { namespace: "packs-system" }),
      () => client.list(SECRET),
    ]) {
      await expect(call()).rejects.toSatisfy((error) => error instanceof ApiError && error.code === 403);
    }
    await client.close();
  });

  it("do not change what people wrote: the spec of an install is refused by admission", async () => {
    const scene = await stage.scene("spec");
    const install = await scene.install();
    const client = clientFrom(stage.identity);
    await eventually("the API server refuses it", async () => {
      const attempt = stage.edit(install, { installer: "eve@example.com", suspend: true }, client);
      return attempt.then(
        () => false,
        (error: unknown) => error instanceof ApiError && error.code >= 403 && error.code <= 422,
      );
    });
    await client.close();
  });
});
