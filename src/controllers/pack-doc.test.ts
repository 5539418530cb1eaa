/** PackDoc, PackFolder and PackRequest, each with its controller, over an API server. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { LiveWorld } from "../../test/apiserver/world.ts";
import { eventually } from "../../test/cluster/eventually.ts";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import {
  ANN,
  approved,
  BEN,
  boundTo,
  changed,
  configuredBy,
  decidedAs,
  forGroups,
  forUsers,
  inDoc,
  NOW,
  organization,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  packRequest,
  share,
} from "../../test/gen/objects.ts";
import {
  PACK_CONFIGURATION,
  PACK_DOC,
  PACK_FOLDER,
  PACK_INSTALL,
  PACK_KINDS,
  PACK_REQUEST,
  type Resource,
} from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { PackDoc, PackInstall, PackRequest } from "../api/v1alpha1/index.ts";
import { type Client, createClient } from "../kube/client.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { conditionOf } from "../resources/conditions.ts";
import { observeRequests } from "./gauges.ts";
import { createDocReconcile, docsBoundTo, docsWithRestriction } from "./pack-doc.ts";
import { createFolderReconcile } from "./pack-folder.ts";
import { createRequestReconcile } from "./pack-request.ts";

const WRITE = { fieldManager: "test" };
const PLAN = { namespace: "team", name: "plan" };

let server: ApiServer;
let client: Client;
let live: LiveWorld;
let clock: FakeClock;
let unvouched: Problem | undefined;

beforeEach(async () => {
  server = await startApiServer();
  client = createClient(server.config(), { userAgent: "test" });
  clock = new FakeClock(NOW);
  unvouched = undefined;
  live = await LiveWorld.start(client, (it) => [
    ...[it.configurations, it.definitions, it.docs, it.folders],
    ...[it.groups, it.installs, it.organizations, it.requests],
  ]);
  const { world } = live;
  const { configurations, definitions, docs, folders, groups, installs, organizations, requests } = world;
  const options = { client, world, clock, unvouched: () => unvouched };
  live.run(createDocReconcile(options), docs, clock, folders, groups, installs, configurations, organizations);
  live.run(createFolderReconcile(options), folders, clock);
  live.run(createRequestReconcile(options), requests, clock, definitions);
});

afterEach(async () => {
  await live.stop();
  await client.close();
  await server.close();
});

const resourceOf = ({ kind }: KubeObject): Resource =>
  PACK_KINDS.find((resource) => resource.kind === kind) ?? expect.fail(`no kind ${kind}`);

const create = async (...objects: readonly KubeObject[]): Promise<void> => {
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    const metadata = namespace === undefined ? { name } : { name, namespace };
    const { status, ...rest } = object as KubeObject & { readonly status?: unknown };
    const stored = await client.create(resourceOf(object), { ...rest, metadata } as KubeObject, WRITE);
    if (status !== undefined)
      await client.replaceStatus(resourceOf(object), { ...stored, status } as KubeObject, WRITE);
  }
};

type Shown = KubeObject & Pick<PackRequest, "status">;

/** Waits until `Ready` says so. */
const until = <T extends Shown>(resource: Resource, ready: string, name = "plan"): Promise<T> =>
  eventually(`${resource.kind} ${name} is ${ready}`, async () => {
    const object = await client.get<T>(resource, { namespace: "team", name });
    const { reason, status } = conditionOf(object, "Ready") ?? {};
    return `${status} ${reason}` === ready && object;
  });

const untilRestricted = (restriction: unknown): Promise<unknown> =>
  eventually(`the restriction is ${JSON.stringify(restriction)}`, async () => {
    const { status } = await client.get<PackDoc>(PACK_DOC, PLAN);
    expect(status?.restriction).toEqual(restriction);
    return true;
  });

const enforcing = changed(
  packConfiguration("secret", forGroups("sales")),
  configuredBy({ doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } } }),
);

describe("a doc", () => {
  it("shows who is in it, by its folders, too, and its spec stays as it is", async () => {
    const doc = packDocObject("plan", { folderRef: { name: "staff" } });
    await create(organization(), packFolder("staff", { sharing: [share("User", BEN)] }), doc);
    const { spec, status } = await until<PackDoc>(PACK_DOC, "True Succeeded");
    expect(status?.audience).toMatchObject({ external: false, size: 2 });
    expect(spec).toEqual(doc.spec);
  });

  it("waits for its folder, and recovers alone", async () => {
    await create(organization(), packDocObject("plan", { folderRef: { name: "staff" } }));
    await until(PACK_DOC, "False FolderNotFound");
    await create(packFolder("staff"));
    await until(PACK_DOC, "True Succeeded");
  });

  it("is refused an id that an older one has, until that is gone", async () => {
    const claim = { id: "D-1" };
    await create(organization(), packDocObject("first", claim));
    await until(PACK_DOC, "True Succeeded", "first");
    const younger = packDocObject("plan", claim);
    await create(younger);
    // The younger one may have been made in the same second: then the smaller UID wins.
    const [loser, winner] = await eventually("one of them is refused", async () => {
      const { items } = await client.list<PackDoc>(PACK_DOC);
      const refused = items.find((it) => conditionOf(it, "Ready")?.reason === "NameConflict");
      const other = items.find((it) => it !== refused);
      return refused !== undefined && other !== undefined && [refused, other];
    });
    expect(conditionOf(loser, "Ready")?.message).toContain(`'team/${winner.metadata.name}'`);
    await client.delete(PACK_DOC, { namespace: "team", name: winner.metadata.name });
    await client.mergePatch(
      PACK_DOC,
      { namespace: "team", name: loser.metadata.name },
      { metadata: { labels: { look: "again" } } },
      WRITE,
    );
    await until(PACK_DOC, "True Succeeded", loser.metadata.name);
  });

  it("S1-66 shows with whom it may be shared while a pack asks for it", async () => {
    await create(organization(), packGroup("sales", { members: [ANN] }), enforcing, packDocObject("plan"));
    await until(PACK_DOC, "True Succeeded");
    await untilRestricted(undefined);
    await create(packInstall("crm", inDoc("plan"), boundTo(enforcing)));
    await untilRestricted({ users: [ANN], groups: ["sales"], by: ["secret"] });
    expect(docsBoundTo(live.world, "secret")).toEqual(["team/plan"]);
    expect(docsWithRestriction(live.world)).toEqual(["team/plan"]);
  });

  it("S1-66 follows the groups, the configuration and the install", async () => {
    await create(organization(), packGroup("sales", { members: [ANN] }), enforcing, packDocObject("plan"));
    await create(packInstall("crm", inDoc("plan"), boundTo(enforcing)));
    await untilRestricted({ users: [ANN], groups: ["sales"], by: ["secret"] });
    await create(packGroup("more", { groupName: "sales", members: [BEN] }));
    await untilRestricted({ users: [ANN, BEN], groups: ["sales"], by: ["secret"] });
    await client.mergePatch(PACK_CONFIGURATION, { name: "secret" }, { spec: forUsers(BEN)(enforcing).spec }, WRITE);
    await untilRestricted({ users: [BEN], by: ["secret"] });
    await client.delete(PACK_CONFIGURATION, { name: "secret" });
    await eventually("the configuration is seen to be gone", () => live.world.configurations.store.size === 0);
    await untilRestricted({ users: [BEN], by: ["secret"] });
    const install = await client.get<PackInstall>(PACK_INSTALL, { namespace: "team", name: "crm" });
    const { boundConfiguration: _, ...status } = install.status ?? {};
    await client.replaceStatus(PACK_INSTALL, { ...install, status }, WRITE);
    await untilRestricted(undefined);
  });

  it("S1-14 is not limited by a configuration that admits anyone", async () => {
    const open = changed(enforcing, approved());
    await create(organization(), open, packDocObject("plan"), packInstall("crm", inDoc("plan"), boundTo(open)));
    await until(PACK_DOC, "True Succeeded");
    await untilRestricted(undefined);
    expect(docsWithRestriction(live.world)).toEqual([]);
  });

  it("is written once and left alone", async () => {
    await create(organization(), packDocObject("plan"));
    await until(PACK_DOC, "True Succeeded");
    for (const name of ["a", "b", "c"]) await create(packGroup(name, { members: [ANN] }));
    await eventually("the groups are seen", () => live.world.groups.store.size === 3);
    await clock.advance(10_000);
    expect(server.writes.filter(({ fieldManager }) => fieldManager.endsWith("/doc"))).toHaveLength(1);
  });
});

describe("a folder", () => {
  it("is ready with its parent", async () => {
    await create(packFolder("plan", { parentRef: { name: "top" } }));
    await until(PACK_FOLDER, "False FolderNotFound");
    await create(packFolder("top"));
    await client.mergePatch(PACK_FOLDER, PLAN, { metadata: { labels: { look: "again" } } }, WRITE);
    await until(PACK_FOLDER, "True Succeeded");
  });
});

describe("S1-12 a request", () => {
  const pending = async (): Promise<readonly string[]> =>
    (await live.metrics.text()).split("\n").filter((line) => line.startsWith("packs_requests_pending{"));

  it("shows what was decided", async () => {
    await create(packRequest("plan"));
    await until(PACK_REQUEST, "False PackNotFound");
    await create(packDefinition("crm"));
    await until(PACK_REQUEST, "False ApprovalPending");
    await client.mergePatch(PACK_REQUEST, PLAN, { spec: decidedAs("Denied", "not now") }, WRITE);
    await until(PACK_REQUEST, "False ApprovalDenied");
    await client.mergePatch(PACK_REQUEST, PLAN, { spec: decidedAs("Approved", "now") }, WRITE);
    const { status } = await until<PackRequest>(PACK_REQUEST, "True Approved");
    expect(status?.conditions?.map(({ type }) => type)).toEqual(["Ready", "Accepted"]);
  });

  it("is not believed while nobody vouches for it", async () => {
    unvouched = problem("AdmissionMissing", "the admission policies are not installed.");
    await create(packRequest("plan", decidedAs("Approved")), packDefinition("crm"));
    await until(PACK_REQUEST, "False AdmissionMissing");
  });

  it("S1-59 is counted per pack until it is decided", async () => {
    observeRequests(live.world, live.metrics);
    await create(packRequest("a"), packRequest("b"), packRequest("c", { packRef: { name: "erp" } }));
    await eventually("they are seen", () => live.world.requests.store.size === 3);
    expect(await pending()).toEqual(['packs_requests_pending{pack="crm"} 2', 'packs_requests_pending{pack="erp"} 1']);
    await client.mergePatch(PACK_REQUEST, { namespace: "team", name: "c" }, { spec: decidedAs("Approved") }, WRITE);
    await eventually("nobody waits for erp", async () => (await pending()).length === 1);
  });
});
