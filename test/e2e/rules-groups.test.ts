/** Groups on a real Kubernetes API: who joins gains, who leaves loses, and nobody does while nobody can tell. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACK_GROUP } from "../../src/api/kinds.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { PackGroup, PackGroupSpec } from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import {
  ANN,
  action,
  BEN,
  enabling,
  forGroups,
  formula,
  inDoc,
  installedBy,
  share,
  sharedWithin,
} from "../gen/objects.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { conditionsOf, messageOf, nothingLeft, type Scene, Stage, UNGUARDED, untilConditions } from "./kit.ts";
import { Departures, lookedAtAgain, untilUninstalled } from "./leaving.ts";
import { Timeline } from "./timeline.ts";

const CID = "cid@example.com";
const HOUR_MS = 3_600_000;

/** From a directory that confirms it once in a while. */
const synced = (...members: readonly string[]): PackGroupSpec => ({
  members,
  source: { name: "scim", maxAgeSeconds: 600 },
});

describeCluster("groups", () => {
  let stage: Stage;
  let controller: ControllerProcess;
  let timeline: Timeline;
  let departures: Departures;

  beforeAll(async () => {
    stage = await Stage.start({ organization: UNGUARDED });
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
    timeline = await Timeline.start(stage.admin);
    departures = new Departures(timeline);
  });

  afterAll(async () => {
    await timeline?.stop();
    await stage?.stop();
  });

  const installed = (scene: Scene, name = "crm") => scene.until(name, { Installed: "True" });

  /** The pack of the scene for its group `sales`, installed by ann@example.com. */
  const installedFor = async (scene: Scene, ...members: readonly string[]) => {
    await scene.define();
    const configuration = await scene.configure("sales", forGroups(`${scene.name}-sales`));
    const group = await scene.group("sales", { members });
    await scene.install();
    await installed(scene);
    return { configuration, group };
  };

  const withMembers = (group: PackGroup, ...members: readonly string[]) => stage.edit(group, { members });

  const removed = async (group: PackGroup): Promise<PackGroup> => {
    await stage.remove(group);
    return group;
  };

  /** The source of a group looked so long ago, in milliseconds, and says so now. */
  const report = ({ metadata: { name } }: PackGroup, ago = 0): Promise<PackGroup> =>
    eventually("the source has reported", async () => {
      const group = await stage.admin.get<PackGroup>(PACK_GROUP, { name });
      const status = { ...group.status, syncTime: toTimestamp(Date.now() - ago) };
      return stage.admin.replaceStatus(PACK_GROUP, { ...group, status }, { fieldManager: "scim" });
    });

  const untilFresh = ({ metadata: { name } }: PackGroup, fresh: "True" | "False") =>
    untilConditions<PackGroup>(stage, PACK_GROUP, { name }, { Fresh: fresh });

  it("S1-60 gives two groups two configurations of one pack, and asks who is in both which", async () => {
    const scene = await stage.scene("two");
    await scene.define(formula("GetDeal"), action("CloseDeal"));
    await scene.group("engineering", { members: [ANN, CID] });
    await scene.group("marketing", { members: [BEN, CID] });
    await scene.configure("full", forGroups(`${scene.name}-engineering`));
    await scene.configure("partial", forGroups(`${scene.name}-marketing`), enabling({ fetches: "Allow" }));
    const inOwnDoc = async (name: string, user: string) => {
      await scene.doc(name);
      await scene.install(name, installedBy(user), inDoc(name));
    };
    await Promise.all([inOwnDoc("ann", ANN), inOwnDoc("ben", BEN), inOwnDoc("cid", CID)]);
    const enabled = async (name: string): Promise<readonly string[]> => {
      await installed(scene, name);
      const { grant } = await scene.children(name);
      return (grant?.spec.components ?? []).filter((it) => it.enabled).map((it) => it.name);
    };
    expect(await enabled("ann")).toEqual(["CloseDeal", "GetDeal"]);
    expect(await enabled("ben")).toEqual(["GetDeal"]);
    const asked = await scene.until("cid", { Ready: "False ConfigurationAmbiguous" });
    expect(asked.status?.candidates).toEqual([`${scene.name}-full`, `${scene.name}-partial`]);
    await stage.edit(asked, { configurationRef: { name: `${scene.name}-partial` } });
    expect(await enabled("cid")).toEqual(["GetDeal"]);
  });

  it("S1-65 S1-26 who leaves a group loses the pack and cannot install it again, until he is back", async () => {
    const scene = await stage.scene("left");
    const { group } = await installedFor(scene, ANN, BEN);
    const install = await departures.after(scene, "InstallerAccessLost", () => withMembers(group, BEN));
    expect(messageOf(install)).toContain(ANN);
    await stage.annotate(install, { [ANNOTATION.reinstallRequestedAt]: "1" });
    await scene.until("crm", { Ready: "False NoAccessibleConfiguration", Stalled: "True NoAccessibleConfiguration" });
    expect(nothingLeft(await scene.children())).toBe(true);
    await withMembers(group, ANN, BEN);
    await installed(scene);
  });

  it("S1-65 a group that is deleted takes the pack from the docs of its members", async () => {
    const scene = await stage.scene("deleted");
    const { group } = await installedFor(scene, ANN);
    await departures.after(scene, "InstallerAccessLost", () => removed(group));
  });

  it("S1-68 S1-26 a group that a configuration names no more takes the pack from its members", async () => {
    const scene = await stage.scene("unnamed");
    const { configuration } = await installedFor(scene, ANN);
    const subjects = [{ kind: "Group", name: `${scene.name}-others` }];
    await departures.after(scene, "InstallerAccessLost", () => stage.edit(configuration, { access: { subjects } }));
  });

  it("S1-65 a group in several parts is one: who leaves one part and is in another stays", async () => {
    const scene = await stage.scene("parts");
    const { group } = await installedFor(scene, ANN);
    const second = await scene.group("more", { groupName: group.metadata.name, members: [ANN] });
    await untilConditions(stage, PACK_GROUP, { name: second.metadata.name }, { Ready: "True" });
    await stage.remove(group);
    expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "True Installed" });
    await departures.after(scene, "InstallerAccessLost", () => stage.edit(second, { members: [] }));
  });

  it("S1-69 a pack stays while the doc's owner is in the group, and goes once nobody of both is", async () => {
    const scene = await stage.scene("owner");
    await scene.define();
    await scene.configure("sales", forGroups(`${scene.name}-sales`));
    const group = await scene.group("sales", { members: [ANN, BEN] });
    const doc = await scene.doc("plan", { owner: BEN });
    await scene.install("crm", inDoc("plan"));
    await installed(scene);
    await withMembers(group, BEN);
    expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "True Installed" });
    await departures.after(scene, "InstallerAccessLost", () => stage.edit(doc, { owner: CID }));
  });

  it("S1-45 are gone in time", async () => {
    const scene = await stage.scene("time");
    await installedFor(scene, ANN);
    await departures.expectSoon(scene);
  });

  describe("that nobody has confirmed for too long", () => {
    it("S1-65 let nobody in: an install waits until the source reports", async () => {
      const scene = await stage.scene("stale-new");
      await scene.define();
      await scene.configure("sales", forGroups(`${scene.name}-sales`));
      const group = await scene.group("sales", synced(ANN));
      await scene.install();
      await scene.until("crm", { Ready: "False GroupDataStale", Stalled: null, Reconciling: null });
      expect(nothingLeft(await scene.children())).toBe(true);
      await report(group);
      await installed(scene);
    });

    it("S1-70 let a doc in that is shared with them only once they are known to fit", async () => {
      const scene = await stage.scene("stale-doc");
      await scene.define();
      await scene.configure("members", sharedWithin());
      const group = await scene.group("readers", synced(BEN));
      await scene.doc("plan", { sharing: [share("Group", group.metadata.name)] });
      await scene.install("crm", inDoc("plan"));
      const waiting = await scene.until("crm", { Ready: "False GroupDataStale", Stalled: null });
      expect(messageOf(waiting)).toContain(group.metadata.name);
      await report(group);
      await installed(scene);
    });

    it("S1-65 drive nobody out: it stays as it is until the source reports, and only then goes who left", async () => {
      const scene = await stage.scene("stale-old");
      await scene.define();
      await scene.configure("sales", forGroups(`${scene.name}-sales`));
      const group = await scene.group("sales", synced(ANN));
      await report(group);
      await scene.install();
      await scene.ready();
      const before = await scene.children();
      await report(group, HOUR_MS);
      await untilFresh(group, "False");
      const held = await scene.until("crm", { Ready: "Unknown GroupDataStale", Accepted: "Unknown GroupDataStale" });
      expect(conditionsOf(held)).toMatchObject({ Installed: "True Installed" });
      await withMembers(group, BEN);
      await untilFresh(group, "False");
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "True Installed" });
      expect((await scene.children()).grant?.spec).toEqual(before.grant?.spec);
      await report(group);
      await untilUninstalled(scene, "InstallerAccessLost");
    });
  });

  describe("with many docs", () => {
    const [MANY, FEW] = [40, 10];
    let scene: Scene;
    let group: PackGroup;

    /** How often a controller looked at something. */
    const looks = async (name: string): Promise<number> => {
      const { body } = await controller.get("/metrics");
      return body
        .split("\n")
        .filter((line) => line.startsWith(`packs_controller_reconcile_total{controller="${name}"`))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    };

    const quiet = async (): Promise<void> => {
      let [seen, since] = [-1, 0];
      await eventually("no install is looked at any more", async () => {
        const now = await looks("packinstall");
        if (now !== seen) [seen, since] = [now, performance.now()];
        return performance.now() - since >= 600;
      });
    };

    /** How many installs were looked at for a change of the group. */
    const woken = async (change: () => Promise<unknown>): Promise<number> => {
      await quiet();
      const [installs, groups] = [await looks("packinstall"), await looks("packgroup")];
      await change();
      await eventually("the group was looked at", async () => (await looks("packgroup")) > groups);
      await quiet();
      return (await looks("packinstall")) - installs;
    };

    beforeAll(async () => {
      scene = await stage.scene("many");
      await scene.define();
      await scene.configure("sales", forGroups(`${scene.name}-sales`));
      group = await scene.group("sales", synced(ANN, BEN));
      await report(group);
      const install = async (index: number): Promise<void> => {
        const name = `doc-${index}`;
        await scene.doc(name, { owner: BEN });
        await scene.install(name, inDoc(name), installedBy(index < FEW ? ANN : BEN));
      };
      await Promise.all(Array.from({ length: MANY }, (_, index) => install(index)));
      for (let index = 0; index < MANY; index += 1) await installed(scene, `doc-${index}`);
    });

    it("S1-65 wake those that a member concerns, once, and no others", async () => {
      expect(await woken(() => withMembers(group, BEN))).toBe(FEW);
      expect(await woken(() => withMembers(group, BEN, ANN))).toBe(FEW);
    });

    it("wake nobody for a member who has no pack and no doc", async () => {
      expect(await woken(() => withMembers(group, BEN, ANN, CID))).toBe(0);
    });

    it("wake nobody when the source reports and nothing has changed", async () => {
      expect(await woken(() => report(group, 1_000))).toBe(0);
    });
  });
});
