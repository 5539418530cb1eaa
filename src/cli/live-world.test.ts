import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { LiveWorld as ControllersWorld } from "../../test/apiserver/world.ts";
import { consentingTo, naming, packAccount } from "../../test/gen/accounts.ts";
import {
  aboutLabels,
  BEN,
  boundTo,
  changed,
  choosing,
  forGroups,
  forUsers,
  inDoc,
  inNamespace,
  labelled,
  NOW,
  onTrial,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  packRequest,
  packReview,
  share,
  sharedWithin,
  withStatus,
} from "../../test/gen/objects.ts";
import * as kinds from "../api/kinds.ts";
import { NAMESPACE, PACK_GRANT, PACK_INSTALL, type Resource } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { ANNOTATION, SYSTEM_NAMESPACE } from "../api/names.ts";
import type { PackGrant, PackInstall } from "../api/v1alpha1/index.ts";
import { gatherInput } from "../controllers/gather.ts";
import { type Client, createClient } from "../kube/client.ts";
import { isNotServed } from "../kube/errors.ts";
import { evaluateInstall } from "../policy/evaluate.ts";
import { grantOf } from "../policy/grant.ts";
import type { InstallInput } from "../policy/input.ts";
import { trialFindings } from "../policy/trial.ts";
import { childNameOf } from "../resources/identity.ts";
import { DEFAULT_SETTINGS, type Settings } from "../resources/settings.ts";
import { blindSpots, buildLiveWorld, type Hidden, liveInput, liveObjects, readLiveWorld } from "./live-world.ts";

const UNCHECKED: Settings = { ...DEFAULT_SETTINGS, admission: "Unchecked" };

const WRITE = { fieldManager: "test" };

const MEMBERS = packConfiguration("members");

const namespace = (name: string, owner?: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, ...(owner === undefined ? {} : { annotations: { [ANNOTATION.owner]: owner } }) },
});

const grantFor = (install: PackInstall, ...hosts: readonly string[]): PackGrant => ({
  apiVersion: PACK_GRANT.apiVersion,
  kind: PACK_GRANT.kind,
  metadata: { name: childNameOf(install), namespace: SYSTEM_NAMESPACE },
  spec: {
    install: { namespace: "team", name: install.metadata.name, uid: "u" },
    pack: "crm",
    state: "Active",
    hosts: hosts.map((domain) => ({ domain, auth: "None" })),
  },
});

/** Of a world in which some kinds may not be listed. */
const inputWithout = (
  hidden: Readonly<Record<string, Hidden>>,
  install = packInstall("crm"),
  ...objects: readonly KubeObject[]
): InstallInput => {
  const world = buildLiveWorld([organization(), install, ...objects], new Map(Object.entries(hidden)), NOW);
  return liveInput(world, install, UNCHECKED);
};

const WHY: Hidden = { why: "you may not list them" };
const UNKNOWN = { state: "unknown", why: WHY.why };

describe("what may not be listed is unknown, never absent", () => {
  const doc = packDocObject("plan", { folderRef: { name: "clients" } });
  const inPlan = packInstall("crm", inDoc("plan"));

  test.each<[string, InstallInput, object]>([
    ["PackDefinition", inputWithout({ PackDefinition: WHY }), { definition: UNKNOWN }],
    ["PackConfiguration", inputWithout({ PackConfiguration: WHY }), { configurationsKnown: false }],
    ["PackReview", inputWithout({ PackReview: WHY }), { reviewsKnown: false }],
    ["PackRequest", inputWithout({ PackRequest: WHY }), { requestsKnown: false }],
    ["PackDoc", inputWithout({ PackDoc: WHY }, inPlan), { doc: UNKNOWN }],
    ["Namespace", inputWithout({ Namespace: WHY }), { doc: { value: { owner: UNKNOWN } } }],
    [
      "PackFolder",
      inputWithout({ PackFolder: WHY }, inPlan, doc),
      { doc: { value: { audience: { value: { broken: "unreadable" } } } } },
    ],
    ["PackAccount", inputWithout({ PackAccount: WHY }, packInstall("crm", naming("mine"))), { accountsKnown: false }],
  ])("%s", (_, input, expected) => {
    expect(input).toMatchObject(expected);
  });

  test("PackGroup: nobody is surely outside of a group", () => {
    expect(inputWithout({ PackGroup: WHY }).groups.isMember(BEN, "sales")).toBe("unknown");
    expect(inputWithout({}).groups.isMember(BEN, "sales")).toBe("no");
  });

  test("PackOrganization", () => {
    const install = packInstall("crm");
    const world = buildLiveWorld([install], new Map([["PackOrganization", WHY]]), NOW);
    expect(liveInput(world, install, UNCHECKED).organization).toEqual(UNKNOWN);
  });

  test("PackGrant: what the install's status says of its hosts stands for it", () => {
    const install = packInstall("crm", withStatus({ hosts: ["api.crm.com"] }));
    expect(inputWithout({ PackGrant: WHY }, install).granted?.hosts).toEqual(["api.crm.com"]);
    expect(inputWithout({}, install).granted).toBeUndefined();
    expect(inputWithout({}, install, grantFor(install, "old.crm.com")).granted?.hosts).toEqual(["old.crm.com"]);
  });

  test("one namespace that may be listed is known all the same", () => {
    const except: Hidden = { ...WHY, except: "team" };
    expect(inputWithout({ PackDoc: except }, inPlan).doc).toEqual({ state: "absent" });
    expect(inputWithout({ Namespace: except })).toMatchObject({ doc: { value: { owner: { state: "absent" } } } });
    const near = packInstall("crm", naming("mine"));
    expect(inputWithout({ PackAccount: except }, near).accountsKnown).toBe(true);
    const far = packInstall("crm", naming("elsewhere/mine"));
    expect(inputWithout({ PackAccount: except }, far).accountsKnown).toBe(false);
  });
});

describe("who vouches for names", () => {
  const said = (status: "True" | "False" | "Unknown", reason: string) => ({
    conditions: [
      { type: "AdmissionEnforced", status, reason, message: "it is said.", lastTransitionTime: "2026-01-02T03:04:05Z" },
    ],
  });
  const hidden = { ValidatingAdmissionPolicy: WHY };

  test.each([
    ["nobody, where the policies are missing", {}, undefined, { reason: "AdmissionMissing" }],
    ["the controller was told not to look", {}, said("Unknown", "AdmissionUnchecked"), undefined],
    ["who may not look takes the controller's word", hidden, said("True", "AdmissionEnforced"), undefined],
    ["and its words", hidden, said("False", "AdmissionMissing"), { message: "it is said." }],
    ["without any word nobody is known to", hidden, undefined, { reason: "AdmissionMissing" }],
  ])("%s", (_, unseen, status, expected) => {
    const install = packInstall("crm");
    const org = changed(organization(), (it) => (status === undefined ? it : { ...it, status }));
    const world = buildLiveWorld([org, install], new Map(Object.entries(unseen)), NOW);
    const { unvouched } = liveInput(world, install, DEFAULT_SETTINGS);
    if (expected === undefined) expect(unvouched).toBeUndefined();
    else expect(unvouched).toMatchObject(expected);
  });
});

test("while the uninstall guard has stopped, what would be uninstalled is held", () => {
  const stopped = changed(organization(), (it) => ({ ...it, status: { uninstallGuard: { paused: true } } }));
  const install = packInstall("crm", boundTo(MEMBERS));
  const world = buildLiveWorld([stopped, install, packDefinition("crm")], new Map(), NOW);
  expect(evaluateInstall(liveInput(world, install, UNCHECKED))).toMatchObject({
    outcome: "Uninstalling",
    paused: { reason: "UninstallPaused" },
  });
});

describe("over an API server", () => {
  let server: ApiServer;
  let client: Client;

  beforeEach(async () => {
    server = await startApiServer({});
    client = createClient(server.config(), { userAgent: "packctl/test" });
  });

  afterEach(async () => {
    await client.close();
    await server.close();
  });

  const resources = Object.values(kinds).filter((it): it is Resource => typeof it === "object" && "plural" in it);

  const store = async (...objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) {
      const resource = resources.find(({ kind }) => kind === object.kind);
      if (resource === undefined) throw new Error(`there is no ${object.kind}`);
      const { uid: _, generation: __, creationTimestamp: ___, ...metadata } = object.metadata;
      const { status, ...rest } = object as KubeObject & { readonly status?: unknown };
      const made = await client.create(resource, { ...rest, metadata } as KubeObject, WRITE);
      if (status !== undefined) await client.replaceStatus(resource, { ...made, status } as KubeObject, WRITE);
    }
  };

  const forbid = (resource: string, cluster = false): void => {
    server.faults.add(
      (request) => request.resource === resource && request.verb === "list" && (!cluster || request.namespace === ""),
      { kind: "status", code: 403, reason: "Forbidden" },
    );
  };

  test("it decides as the controller does with what it has gathered", async () => {
    const narrow = packConfiguration("narrow", forGroups("sales"), sharedWithin());
    await store(
      organization(organizedBy({ maxUnreviewedDomains: 4 })),
      changed(packDefinition("crm"), labelled({ tier: "gold" })),
      packDefinition("free"),
      packConfiguration("members"),
      narrow,
      packConfiguration("trial", forUsers(BEN), onTrial()),
      packConfiguration("gold", aboutLabels({ tier: "gold" }), forUsers(BEN)),
      packGroup("sales", { members: ["ann@example.com"] }),
      packReview("one"),
      packRequest("asked"),
      packDocObject("plan", { sharing: [share("Group", "sales")], folderRef: { name: "clients" } }),
      packFolder("clients", { sharing: [share("Domain", "example.com")] }),
      packAccount("mine", consentingTo("api.crm.com")),
      namespace("team", BEN),
      packInstall("ambiguous"),
      packInstall("twin"),
      packInstall("shared", inDoc("plan"), choosing("narrow"), naming("mine")),
      packInstall("away", inNamespace("other"), choosing("members")),
      packInstall("bound", inNamespace("third"), boundTo(MEMBERS)),
    );
    const bound = await client.get<PackInstall>(PACK_INSTALL, { namespace: "third", name: "bound" });
    await store(grantFor(bound, "api.crm.com"));
    const controllers = await ControllersWorld.start(client, ({ admissionBindings, admissionPolicies, ...world }) => {
      expect([admissionBindings, admissionPolicies]).toHaveLength(2);
      return Object.values(world);
    });
    try {
      const now = Date.now();
      const world = await readLiveWorld(client, now);
      expect(world.installs).toHaveLength(5);
      for (const install of controllers.world.installs.store.list()) {
        const live = world.installs.find((it) => keyOf(it) === keyOf(install));
        if (live === undefined) throw new Error(`${keyOf(install)} is missing`);
        const [gathered, read] = [
          gatherInput(controllers.world, install, UNCHECKED, now),
          liveInput(world, live, UNCHECKED),
        ];
        const { configurations: _, groups: __, ...rest } = gathered;
        expect(read).toMatchObject(rest);
        const evaluation = evaluateInstall(read);
        expect(evaluation).toEqual(evaluateInstall(gathered));
        expect(grantOf(read, evaluation)).toEqual(grantOf(gathered, evaluation));
        expect(trialFindings(read)).toEqual(trialFindings(gathered));
      }
      expect(liveObjects(world).filter(({ kind }) => kind === NAMESPACE.kind)).toHaveLength(1);
    } finally {
      await controllers.stop();
    }
  });

  test("somebody with rights in one namespace sees what is in it, and is told what he does not see", async () => {
    await store(organization(), packInstall("crm"), packInstall("far", inNamespace("other")), namespace("team", BEN));
    for (const resource of ["packinstalls", "namespaces"]) forbid(resource, true);
    forbid("packgrants");
    const world = await readLiveWorld(client, Date.now(), "team");
    expect(world.installs.map(keyOf)).toEqual(["team/crm"]);
    expect(world.owners).toEqual(new Map([["team", BEN]]));
    expect(blindSpots(world)).toEqual([
      "the cluster does not serve ValidatingAdmissionPolicy objects",
      "the cluster does not serve ValidatingAdmissionPolicyBinding objects",
      "you may not list Namespace objects outside of the namespace 'team'",
      "you may not list PackGrant objects",
      "you may not list PackInstall objects outside of the namespace 'team'",
    ]);
  });

  test("a cluster without this API is an error, not an empty world", async () => {
    server.store.kinds.withdraw(PACK_INSTALL);
    await expect(readLiveWorld(client, Date.now())).rejects.toSatisfy(isNotServed);
  });
});
