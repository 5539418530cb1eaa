/** Docs and folders on a real Kubernetes API: where a pack may be, and who may be in a doc with it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACK_DOC, PACK_FOLDER } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { PackConfiguration, PackDocSpec, Share } from "../../src/api/v1alpha1/index.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import {
  ANN,
  allowingDocs,
  BEN,
  type Change,
  configuredBy,
  forUsers,
  inDoc,
  OUTSIDER,
  of,
  share,
  sharedWithin,
  withGrace,
} from "../gen/objects.ts";
import { refusal, withoutBinding } from "./admission-kit.ts";
import {
  conditionsOf,
  messageOf,
  nothingLeft,
  type Scene,
  Stage,
  UNGUARDED,
  untilConditions,
  untilSeen,
} from "./kit.ts";
import { Departures, lookedAtAgain } from "./leaving.ts";
import { Timeline } from "./timeline.ts";

describeCluster("docs and folders", () => {
  let stage: Stage;
  let timeline: Timeline;
  let departures: Departures;

  beforeAll(async () => {
    stage = await Stage.start({ organization: UNGUARDED });
    const controller = stage.launch();
    await controller.ready();
    await controller.leading();
    timeline = await Timeline.start(stage.admin);
    departures = new Departures(timeline);
  });

  afterAll(async () => {
    await timeline?.stop();
    await stage?.stop();
  });

  const installed = (scene: Scene) => scene.until("crm", { Installed: "True Installed" });

  /** The pack of the scene in the doc `plan`, installed by ann@example.com, who owns it. */
  const installedIn = async (
    scene: Scene,
    doc: Partial<PackDocSpec>,
    ...changes: readonly Change<PackConfiguration>[]
  ) => {
    await scene.define();
    const configuration = await scene.configure("members", ...changes);
    const plan = await scene.doc("plan", doc);
    await scene.install("crm", inDoc("plan"));
    await installed(scene);
    return { configuration, plan };
  };

  const removed = async <T extends KubeObject>(object: T): Promise<T> => {
    await stage.remove(object);
    return object;
  };

  /** Shares a doc with people whom the API server would refuse, as somebody who is quicker than the controller. */
  const shareAnyway = async <T extends KubeObject>(doc: T, ...sharing: readonly Share[]): Promise<T> => {
    let shared = doc;
    await withoutBinding(stage.admin, "packs-doc-share", async () => {
      shared = await stage.edit(doc, { sharing });
    });
    return shared;
  };

  /** Nothing is gained or lost: the pack works on with the grant that it had. */
  const stays = async (scene: Scene, change: () => Promise<KubeObject>): Promise<void> => {
    const before = await scene.children();
    await untilSeen(stage, await change());
    expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "True Installed" });
    const { grant, pod } = await scene.children();
    expect(grant?.spec.state).toBe("Active");
    expect([grant?.spec.hosts, pod?.metadata.uid]).toEqual([before.grant?.spec.hosts, before.pod?.metadata.uid]);
  };

  describe("where a pack may be", () => {
    it("waits for the doc that it names, without calling it a failure", async () => {
      const scene = await stage.scene("early");
      await scene.define();
      await scene.configure();
      await scene.install("crm", inDoc("plan"));
      const waiting = await scene.until("crm", { Ready: "False DocNotFound", Stalled: null, Reconciling: null });
      expect(messageOf(waiting)).toContain("'plan'");
      expect(nothingLeft(await scene.children())).toBe(true);
      await scene.doc("plan");
      await installed(scene);
    });

    const NAMES: readonly (readonly [string, (scene: Scene) => string])[] = [
      ["its namespace and name", ({ name }) => `${name}/plan`],
      ["its id", ({ name }) => `id-${name}`],
      ["its address, however that is written", ({ name }) => `HTTPS://Docs.Example.com:443/d/../d/${name}`],
    ];

    it.each(NAMES)(
      "S1-27 S1-63 is in a doc that is listed by %s, and leaves when it is listed no more",
      async (_, designate) => {
        const scene = await stage.scene("listed");
        await scene.define();
        const configuration = await scene.configure("listed", allowingDocs("elsewhere/plan"));
        await scene.doc("plan", { id: `id-${scene.name}`, url: `https://docs.example.com/d/${scene.name}` });
        await scene.install("crm", inDoc("plan"));
        const refused = await scene.until("crm", { Ready: "False DocNotAllowed", Stalled: "True DocNotAllowed" });
        expect(messageOf(refused)).toContain(`'${scene.name}/plan'`);
        expect(nothingLeft(await scene.children())).toBe(true);
        const list = (...allowedDocs: string[]) => stage.edit(configuration, { doc: { sharing: { allowedDocs } } });
        await list("elsewhere/plan", designate(scene));
        await installed(scene);
        await departures.after(scene, "DocNotAllowed", () => list("elsewhere/plan"));
      },
    );

    it("S1-27 goes by the id that the oldest doc holds: a doc that takes it later gains nothing", async () => {
      const [scene, thief] = [await stage.scene("claim"), await stage.scene("thief")];
      const id = `id-${scene.name}`;
      const { plan } = await installedIn(scene, { id }, allowingDocs(id));
      const second = Date.parse(plan.metadata.creationTimestamp ?? "");
      await eventually("the next doc is younger by the API server's clock", () => Date.now() >= second + 1_000);
      await thief.doc("plan", { id });
      await thief.install("crm", inDoc("plan"), of(scene.name));
      await thief.until("crm", { Ready: "False DocNotAllowed" });
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "True Installed" });
    });

    it("S1-63 leaves a doc that gives up the id by which it was listed", async () => {
      const scene = await stage.scene("renamed");
      const { plan } = await installedIn(scene, { id: `id-${scene.name}` }, allowingDocs(`id-${scene.name}`));
      await departures.after(scene, "DocNotAllowed", () => stage.edit(plan, { id: null }));
    });

    it("leaves with the doc that is deleted", async () => {
      const scene = await stage.scene("deleted");
      const { plan } = await installedIn(scene, {});
      await departures.after(scene, "DocNotFound", () => removed(plan));
    });

    it("S1-69 stays while the doc's new owner has access, and leaves once neither he nor the installer has", async () => {
      const scene = await stage.scene("owner");
      const { configuration, plan } = await installedIn(scene, { owner: BEN }, forUsers(ANN, BEN));
      const subjects = [{ kind: "User", name: BEN }];
      await stays(scene, () => stage.edit(configuration, { access: { subjects } }));
      await departures.after(scene, "InstallerAccessLost", () => stage.edit(plan, { owner: OUTSIDER }));
    });
  });

  describe("with whom a doc may be shared", () => {
    const SHARES: readonly (readonly [string, Share, string])[] = [
      ["a user without access", share("User", OUTSIDER), `the user '${OUTSIDER}'`],
      ["a foreign domain", share("Domain", "elsewhere.org"), "the domain 'elsewhere.org'"],
      ["anyone", share("Anyone"), "anyone"],
    ];

    it.each(SHARES)(
      "S1-70 does not come to a doc that is shared with %s, and does once it is not",
      async (_, entry, words) => {
        const scene = await stage.scene("wide");
        await scene.define();
        await scene.configure("members", sharedWithin());
        const plan = await scene.doc("plan", { sharing: [entry, share("User", BEN)] });
        await scene.install("crm", inDoc("plan"));
        const refused = await scene.until("crm", {
          Ready: "False SharingIncompatible",
          Stalled: "True SharingIncompatible",
        });
        expect(messageOf(refused)).toContain(words);
        expect(nothingLeft(await scene.children())).toBe(true);
        await stage.edit(plan, { sharing: [share("User", BEN)] });
        await installed(scene);
      },
    );

    it("waits where nobody has written down who is in the doc", async () => {
      const scene = await stage.scene("unknown");
      await scene.define();
      const configuration = await scene.configure("members", sharedWithin());
      await scene.install();
      await scene.until("crm", { Ready: "False AudienceUnknown", Stalled: null, Reconciling: null });
      expect(nothingLeft(await scene.children())).toBe(true);
      await stage.edit(configuration, { doc: null });
      await installed(scene);
    });

    it("waits while the folders above the doc cannot be followed to the top", async () => {
      const scene = await stage.scene("broken");
      await scene.define();
      await scene.configure("members", sharedWithin());
      await scene.doc("plan", { folderRef: { name: "inner" } });
      await scene.install("crm", inDoc("plan"));
      const missing = await scene.until("crm", { Ready: "False AudienceUnknown", Stalled: null });
      expect(messageOf(missing)).toContain("'inner'");
      const inner = await scene.folder("inner", { parentRef: { name: "inner" } });
      await eventually("it tells of the loop", async () => messageOf(await scene.get()).includes("loop"));
      expect(nothingLeft(await scene.children())).toBe(true);
      await stage.edit(inner, { parentRef: null });
      await installed(scene);
    });

    it("S1-66 is published while the pack is there: the API server refuses a share, and names who it is", async () => {
      const scene = await stage.scene("refused");
      const { configuration, plan } = await installedIn(scene, {}, sharedWithin());
      await eventually("the doc tells", async () => {
        const { status } = await stage.admin.get<typeof plan>(PACK_DOC, { namespace: scene.name, name: "plan" });
        return status?.restriction?.by?.includes(configuration.metadata.name);
      });
      const refused = await eventually("the API server knows", () =>
        refusal(stage.edit(plan, { sharing: [share("User", OUTSIDER)] })),
      );
      expect(refused).toContain(`the user '${OUTSIDER}'`);
      expect(refused).toContain(configuration.metadata.name);
      await stays(scene, () => stage.edit(plan, { sharing: [share("User", BEN)] }));
    });

    it("S1-63 S1-56 leaves a doc that is shared wider all the same", async () => {
      const scene = await stage.scene("wider");
      const { plan } = await installedIn(scene, {}, sharedWithin());
      const install = await departures.after(scene, "SharingIncompatible", () =>
        shareAnyway(plan, share("User", OUTSIDER)),
      );
      expect(messageOf(install)).toContain(OUTSIDER);
    });

    it("S1-70 leaves a doc that is shared wider already when the configuration begins to ask", async () => {
      const scene = await stage.scene("asks");
      const { configuration } = await installedIn(scene, { sharing: [share("User", OUTSIDER)] });
      const sharing = { allow: "All", enforcePackConfigurationPermissions: true };
      await departures.after(scene, "SharingIncompatible", () => stage.edit(configuration, { doc: { sharing } }));
    });

    it("S1-70 leaves a doc with somebody in it from whom the access is taken", async () => {
      const scene = await stage.scene("narrower");
      const { configuration } = await installedIn(
        scene,
        { sharing: [share("User", BEN)] },
        sharedWithin(),
        forUsers(ANN, BEN),
      );
      const subjects = [{ kind: "User", name: ANN }];
      await departures.after(scene, "SharingIncompatible", () => stage.edit(configuration, { access: { subjects } }));
    });

    it("S1-70 leaves a doc when somebody without access joins a group that it is shared with", async () => {
      const scene = await stage.scene("joins");
      const group = await scene.group("readers", { members: [BEN] });
      await installedIn(scene, { sharing: [share("Group", group.metadata.name)] }, sharedWithin());
      await departures.after(scene, "SharingIncompatible", () => stage.edit(group, { members: [BEN, OUTSIDER] }));
    });
  });

  describe("folders", () => {
    /** `plan` in `inner` in `outer`, which nobody else can see. */
    const nested = async (scene: Scene, ...changes: readonly Change<PackConfiguration>[]) => {
      const outer = await scene.folder("outer");
      const inner = await scene.folder("inner", { parentRef: { name: "outer" } });
      return {
        outer,
        inner,
        ...(await installedIn(scene, { folderRef: { name: "inner" } }, sharedWithin(), ...changes)),
      };
    };

    it("S1-67 a pack leaves a doc that is moved to a folder with people without access", async () => {
      const scene = await stage.scene("moved");
      const { plan } = await nested(scene);
      await scene.folder("clients", { sharing: [share("User", OUTSIDER)] });
      const install = await departures.after(scene, "FolderIncompatible", () =>
        stage.edit(plan, { folderRef: { name: "clients" } }),
      );
      expect(messageOf(install)).toContain("'clients'");
    });

    it("S1-67 a pack leaves when the folder of its doc is moved so", async () => {
      const scene = await stage.scene("carried");
      const { inner } = await nested(scene);
      await scene.folder("clients", { sharing: [share("Domain", "elsewhere.org")] });
      await departures.after(scene, "FolderIncompatible", () => stage.edit(inner, { parentRef: { name: "clients" } }));
    });

    it("S1-67 a pack stays when its doc is moved to people who all have access", async () => {
      const scene = await stage.scene("move");
      const { plan } = await nested(scene);
      await scene.folder("colleagues", { sharing: [share("User", BEN), share("Domain", "example.com")] });
      await stays(scene, () => stage.edit(plan, { folderRef: { name: "colleagues" } }));
      await eventually("the install knows its folders", async () => {
        return JSON.stringify((await scene.get()).status?.folders) === '["colleagues"]';
      });
    });

    it("S1-63 a pack leaves when a folder far above its doc is shared wider", async () => {
      const scene = await stage.scene("above");
      const { outer } = await nested(scene);
      const install = await departures.after(scene, "SharingIncompatible", () =>
        stage.edit(outer, { sharing: [share("Anyone")] }),
      );
      expect(messageOf(install)).toContain("'outer'");
    });

    const RIDDLES: readonly (readonly [string, (scene: Scene) => Promise<KubeObject>])[] = [
      ["form a loop", (scene) => edited(scene, "outer", { parentRef: { name: "inner" } })],
      ["end at one that does not exist", (scene) => edited(scene, "outer", { parentRef: { name: "nowhere" } })],
    ];

    const edited = (scene: Scene, folder: string, spec: object): Promise<KubeObject> =>
      stage.edit(
        { apiVersion: PACK_FOLDER.apiVersion, kind: "PackFolder", metadata: { namespace: scene.name, name: folder } },
        spec,
      );

    it.each(RIDDLES)("that %s drive nobody out and let nobody in: who is in the doc is unknown", async (_, change) => {
      const scene = await stage.scene("riddle");
      const { outer } = await nested(scene);
      await stays(scene, () => change(scene));
      await scene.until("crm", { Ready: "Unknown AudienceUnknown", Accepted: "Unknown AudienceUnknown" });
      await scene.doc("other", { folderRef: { name: "inner" } });
      await scene.install("other", inDoc("other"));
      await scene.until("other", { Ready: "False AudienceUnknown" });
      await stage.edit(outer, { parentRef: null });
      await scene.until("other", { Installed: "True" });
      await untilConditions(stage, PACK_FOLDER, { namespace: scene.name, name: "outer" }, { Ready: "True" });
      await scene.ready();
    });
  });

  it("S1-67 within its grace period a doc that is moved back has lost nothing", async () => {
    const scene = await stage.scene("back");
    await scene.folder("clients", { sharing: [share("User", OUTSIDER)] });
    const { plan } = await installedIn(scene, {}, sharedWithin(), withGrace(600));
    await scene.ready();
    const before = await scene.children();
    await stage.edit(plan, { folderRef: { name: "clients" } });
    const leaving = await scene.until("crm", { Ready: "False FolderIncompatible", Installed: "True Uninstalling" });
    expect(leaving.status?.pendingUninstall).toMatchObject({ reason: "FolderIncompatible" });
    expect((await scene.children()).grant?.spec.state).toBe("Revoked");
    await stage.edit(plan, { folderRef: null });
    await scene.until("crm", { Ready: "True Succeeded" });
    const after = await scene.children();
    expect(after.grant?.spec).toEqual(before.grant?.spec);
    expect(after.pod?.metadata.uid).toBe(before.pod?.metadata.uid);
  });

  it("S1-45 is all gone in time", async () => {
    const scene = await stage.scene("time");
    await installedIn(scene, {}, configuredBy({}));
    await departures.expectSoon(scene);
  });
});
