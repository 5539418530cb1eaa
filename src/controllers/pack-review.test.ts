import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { customKind, DEFAULT_KINDS } from "../../test/apiserver/kinds.ts";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { ANN, changed, definedBy, NOW, packDefinition, reaching } from "../../test/gen/objects.ts";
import { approvingDomains, certifying, expiringAt, reviewedBy, reviewOf } from "../../test/gen/reviews.ts";
import {
  PACK_DEFINITION,
  PACK_REVIEW,
  type Resource,
  VALIDATING_ADMISSION_POLICY,
  VALIDATING_ADMISSION_POLICY_BINDING,
} from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { PackDefinition, PackReview } from "../api/v1alpha1/index.ts";
import { type Client, createClient } from "../kube/client.ts";
import { systemClock } from "../lib/clock.ts";
import { createLogger } from "../lib/logger.ts";
import { Metrics } from "../lib/metrics.ts";
import { digestsOf } from "../policy/definition.ts";
import { conditionOf } from "../resources/conditions.ts";
import { DEFAULT_SETTINGS, type Settings } from "../resources/settings.ts";
import type { Reconcile, ReconcileContext } from "../runtime/controller.ts";
import { DONE, type Outcome, requeueAfter } from "../runtime/outcome.ts";
import { OwnWrites } from "../runtime/own-writes.ts";
import { createDefinitionReconcile } from "./pack-definition.ts";
import { createReviewReconcile } from "./pack-review.ts";
import { createWorld, decisiveInformers, type World } from "./world.ts";

const HOUR = 3_600_000;
const logger = createLogger({ level: "silent" });
const UNCHECKED: Settings = { ...DEFAULT_SETTINGS, admission: "Unchecked" };
const KINDS = [
  ...DEFAULT_KINDS,
  customKind(VALIDATING_ADMISSION_POLICY),
  customKind(VALIDATING_ADMISSION_POLICY_BINDING),
];

let server: ApiServer;
let client: Client;
let world: World;
let clock: FakeClock;
let stop: AbortController;
let ctx: ReconcileContext;

beforeEach(async () => {
  server = await startApiServer({ kinds: KINDS });
  client = createClient(server.config(), { userAgent: "test" });
  world = createWorld({ client, clock: systemClock, logger, metrics: new Metrics() });
  clock = new FakeClock(NOW);
  stop = new AbortController();
  ctx = { logger, reconcileID: "test", signal: stop.signal, failures: 0, ownWrites: new OwnWrites(logger) };
});

afterEach(async () => {
  stop.abort(new Error("the test is over"));
  await client.close();
  await server.close();
});

const watch = async (): Promise<void> => {
  const informers = decisiveInformers(world);
  for (const informer of informers) void informer.start(stop.signal);
  await Promise.all(informers.map((informer) => informer.waitForSync(stop.signal, 10_000)));
};

/** Waits until the stores show it. */
const create = async <T extends KubeObject>(resource: Resource, object: T): Promise<T> => {
  const { uid: _, generation: __, creationTimestamp: ___, ...metadata } = object.metadata;
  const made = await client.create(resource, { ...object, metadata } as T, { fieldManager: "test" });
  const { store } = resource === PACK_REVIEW ? world.reviews : world.definitions;
  await vi.waitFor(() => expect(store.get(made.metadata.name)).toBeDefined(), { interval: 1 });
  return made;
};

const remove = async (name: string): Promise<void> => {
  await client.delete(PACK_REVIEW, { name });
  await vi.waitFor(() => expect(world.reviews.store.get(name)).toBeUndefined(), { interval: 1 });
};

/** As the controller does: its own last write is in the stores. */
const run = async (reconcile: Reconcile, name: string): Promise<Outcome> => {
  await ctx.ownWrites.settled(name);
  return reconcile(name, ctx);
};

const reconciles = (settings = UNCHECKED) => ({
  definition: createDefinitionReconcile({ client, world, settings, clock }),
  review: createReviewReconcile({ client, world, settings, clock }),
});

const reasonOf = async (resource: Resource, name: string, type: string): Promise<string | undefined> =>
  conditionOf(await client.get<PackDefinition | PackReview>(resource, { name }), type)?.reason;

const writes = (): number => server.handled.filter(({ verb }) => verb === "update").length;

const two = packDefinition("crm", reaching("a.com", "b.com"));
const review = reviewOf(two, "r", approvingDomains("a.com", "b.com"), expiringAt(NOW + 60_000));

describe("the controller of definitions", () => {
  test("S0-23 shows what must be reviewed, takes in the review, and sees it expire", async () => {
    await watch();
    const { definition } = reconciles();
    await create(PACK_DEFINITION, two);
    expect(await run(definition, "crm")).toBe(DONE);
    const stored = await client.get<PackDefinition>(PACK_DEFINITION, { name: "crm" });
    expect(conditionOf(stored, "Reviewed")?.reason).toBe("ReviewRequired");
    expect(stored.status?.reviewDigest).toBe(digestsOf(two).reviewDigest);

    await create(PACK_REVIEW, review);
    expect(await run(definition, "crm")).toEqual(requeueAfter(60_000, "Expiry"));
    expect(await reasonOf(PACK_DEFINITION, "crm", "Reviewed")).toBe("Reviewed");

    await clock.advance(60_000);
    expect(await run(definition, "crm")).toBe(DONE);
    expect(await reasonOf(PACK_DEFINITION, "crm", "Reviewed")).toBe("ReviewRequired");
  });

  test("S0-23 takes back what a deleted review approved", async () => {
    await watch();
    const { definition } = reconciles();
    await create(PACK_DEFINITION, two);
    await create(PACK_REVIEW, review);
    await run(definition, "crm");
    await remove("r");
    await run(definition, "crm");
    const { status } = await client.get<PackDefinition>(PACK_DEFINITION, { name: "crm" });
    expect(status?.effectiveDomains).toBeUndefined();
  });

  test("writes nothing when nothing changed, and looks again within the hour", async () => {
    await watch();
    const { definition } = reconciles();
    await create(PACK_DEFINITION, two);
    await create(PACK_REVIEW, changed(review, expiringAt(NOW + 10 * HOUR)));
    expect(await run(definition, "crm")).toEqual(requeueAfter(HOUR, "Expiry"));
    await clock.advance(HOUR);
    const before = writes();
    expect(await run(definition, "crm")).toEqual(requeueAfter(HOUR, "Expiry"));
    expect(writes()).toBe(before);
  });

  test("writes nothing while reviews cannot be listed", async () => {
    const { definition } = reconciles();
    await client.create(PACK_DEFINITION, two, { fieldManager: "test" });
    void world.definitions.start(stop.signal);
    await world.definitions.waitForSync(stop.signal, 10_000);
    expect(await run(definition, "crm")).toMatchObject({ kind: "requeueAfter", reason: "NotSynced" });
    expect(writes()).toBe(0);
  });

  test("is done with a definition that is gone", async () => {
    await watch();
    expect(await run(reconciles().definition, "crm")).toBe(DONE);
  });
});

describe("the controller of reviews", () => {
  test("S0-23 says that a review counts, that it is outdated, and that it is over", async () => {
    await watch();
    const reconcile = reconciles().review;
    await create(PACK_REVIEW, review);
    expect(await run(reconcile, "r")).toEqual(requeueAfter(60_000, "Expiry"));
    expect(await reasonOf(PACK_REVIEW, "r", "Ready")).toBe("PackNotFound");

    const made = await create(PACK_DEFINITION, two);
    await run(reconcile, "r");
    expect(await reasonOf(PACK_REVIEW, "r", "Ready")).toBe("Succeeded");

    const grown = { ...made, spec: { ...made.spec, networkDomains: ["a.com", "b.com", "c.com"] } };
    const written = await client.replace(PACK_DEFINITION, grown, { fieldManager: "test" });
    await world.definitions.waitForVersion("crm", written.metadata.resourceVersion ?? "", 10_000);
    await run(reconcile, "r");
    expect(await reasonOf(PACK_REVIEW, "r", "Ready")).toBe("ReviewOutdated");

    await clock.advance(60_000);
    expect(await run(reconcile, "r")).toBe(DONE);
    expect(await reasonOf(PACK_REVIEW, "r", "Ready")).toBe("ReviewExpired");
  });

  test("S0-14 refuses a maker's certification of his own pack, and nobody is certified by it", async () => {
    await watch();
    const own = packDefinition("crm", definedBy({ maker: { name: "M", users: [ANN] } }));
    await create(PACK_DEFINITION, own);
    await create(PACK_REVIEW, reviewOf(own, "own", certifying(own), reviewedBy(ANN)));
    await create(PACK_REVIEW, reviewOf(own, "other", certifying(own)));
    const { definition, review: reconcile } = reconciles();
    await run(reconcile, "own");
    await run(definition, "crm");
    expect(await reasonOf(PACK_REVIEW, "own", "Accepted")).toBe("SelfCertification");
    const certified = await client.get<PackDefinition>(PACK_DEFINITION, { name: "crm" });
    expect(certified.status?.certification).toMatchObject({ certified: true, by: "ben@example.com" });

    await remove("other");
    await run(definition, "crm");
    expect(await reasonOf(PACK_DEFINITION, "crm", "Certified")).toBe("NotCertified");
  });

  test("lets a review count that was accepted before, and no new one, once nobody vouches for names", async () => {
    await watch();
    await create(PACK_DEFINITION, two);
    await create(PACK_REVIEW, changed(review, approvingDomains("a.com")));
    await run(reconciles().review, "r");
    await ctx.ownWrites.settled("r");

    const { definition, review: reconcile } = reconciles(DEFAULT_SETTINGS);
    await create(PACK_REVIEW, reviewOf(two, "new", approvingDomains("b.com")));
    await run(reconcile, "new");
    await run(reconcile, "r");
    await run(definition, "crm");
    expect(await reasonOf(PACK_REVIEW, "new", "Accepted")).toBe("AdmissionMissing");
    expect(await reasonOf(PACK_REVIEW, "r", "Accepted")).toBe("Accepted");
    const { status } = await client.get<PackDefinition>(PACK_DEFINITION, { name: "crm" });
    expect(status?.effectiveDomains).toEqual(["a.com"]);
  });
});
